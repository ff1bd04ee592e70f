"""How the network that ships was made, and heads of users trained on pretrained trunks."""
