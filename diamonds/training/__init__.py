"""How a version comes to be: split, tune, fit, calibrate, judge, save."""
