//! Figures to SVG text, with plotters.
