// The parser, for the inspector: where an ES module imports it itself, Node first reads all nine megabytes for the names
// that it exports, which takes as long as to load it.
import ts = require('typescript');
export = ts;
