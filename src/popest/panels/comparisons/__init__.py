"""Estimates of panels beside one another: two, through time, variant by variant."""
