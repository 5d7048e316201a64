//! The Arrow schema of a block, in the JSON that the implementations of Arrow test each other with.

use super::{Form, Target};

pub(super) const TARGET: Target = Target {
    name: "arrow",
    summary: "the Arrow schema: columns of a features block, typed values of an output block",
    source: "Apache Arrow, \"Integration Testing\", JSON test data format",
    form: Form::Arrow,
};
