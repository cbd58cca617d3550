import { webkit } from './engines/webkit.js';
import { browserSuite } from './suite.js';

browserSuite('WebKitGTK', webkit);
