// The parser, for the ES modules of this package: where one imports it itself, Node first reads all nine megabytes for the names
// that it exports, which takes as long as to load it.
import ts = require('typescript');
export = ts;
