; Written by editors/queries.mjs.

[(rule) (check)] @function.around
(rule_body) @function.inside
(check_body) @function.inside

[(features_block) (output_block)] @class.around
(block_body) @class.inside

(test) @test.around
(test_body) @test.inside

(entry) @entry.around
[(comment) (doc_comment)] @comment.inside
(doc_comment)+ @comment.around
