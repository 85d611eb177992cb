//! Mutation testing: does a judge notice when a good call to the user's own tools is corrupted?
