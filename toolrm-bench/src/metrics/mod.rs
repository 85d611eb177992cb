//! Accuracies of both orders, how sure they are, calibration, significance, cost.
