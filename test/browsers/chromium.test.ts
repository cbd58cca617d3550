import { chromium } from './engines/chromium.js';
import { browserSuite } from './suite.js';

browserSuite('Chromium', chromium);
