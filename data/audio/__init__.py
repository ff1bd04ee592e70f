"""Sound files become clips: decoding, resampling, frames, mel spectra."""
