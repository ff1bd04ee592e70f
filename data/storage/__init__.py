"""What is whole on disk or not there: files, logs of lines, arrays, folders of models; and their errors."""
