"""The stages of the flow, one package for each, in the order an event walks them."""
