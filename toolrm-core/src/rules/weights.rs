//! The one table of weights.

/// Log-odds of a candidate with no finding.
pub const BIAS: f64 = 2.0;

/// Log-odds that a breach of full severity costs, by rule.
pub const WEIGHTS: [(&str, f32); 31] = [
    ("schema.malformed", 6.0),
    ("schema.unknown-tool", 4.0),
    ("schema.required", 3.0),
    ("schema.unknown-argument", 2.5),
    ("schema.type", 3.0),
    ("schema.enum", 2.0),
    ("schema.range", 1.5),
    ("schema.format", 1.0),
    ("schema.other", 1.0),
    ("grounding.required", 1.5),
    ("grounding.optional", 1.2),
    ("grounding.choice", 0.8),
    ("grounding.other-listed", 1.5),
    ("grounding.placeholder", 2.0),
    ("grounding.empty", 2.0),
    ("convention.null", 1.0),
    ("convention.pattern", 1.0),
    ("convention.parts", 1.0),
    ("convention.rate", 0.8),
    ("coverage.unused-number", 1.0),
    ("coverage.unused-name", 0.8),
    ("coverage.unused-item", 0.8),
    ("coverage.unused-option", 1.0),
    ("coverage.repeated", 1.5),
    ("coverage.count", 1.0),
    ("coverage.merged", 1.0),
    ("coverage.flood", 6.0),
    ("relevance.unrelated", 8.0),
    ("relevance.stray", 3.0),
    ("relevance.better-tool", 1.0),
    ("relevance.no-call", 6.0),
];
