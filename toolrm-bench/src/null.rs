//! The null judges: what can be won without reading the question. A judge is worth what it adds to the best of them.
