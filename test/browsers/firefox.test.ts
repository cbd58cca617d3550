import { firefox } from './engines/firefox.js';
import { browserSuite } from './suite.js';

browserSuite('Firefox', firefox);
