// The parser, for ES modules: where one imports it itself, Node first reads all nine megabytes for the names that it exports,
// which takes as long as to load it.
import './precompiled.cjs';
import ts = require('typescript');
export = ts;
