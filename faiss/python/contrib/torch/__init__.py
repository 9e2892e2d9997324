"""k-means and quantizers on torch tensors."""
