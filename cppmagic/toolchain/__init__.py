"""The compiler and the linker: find them, speak their dialect, run them, read what they say."""
