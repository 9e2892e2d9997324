# What `make install` copies: filled in with the installed packages.
