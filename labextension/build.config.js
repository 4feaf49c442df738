// Numbers in place of digests of paths: built files are the same wherever they are built.
module.exports = { optimization: { moduleIds: 'natural' } };
