import { chromium } from '../../browsers/engines/chromium.js';
import { webrtcSuite } from './suite.js';

webrtcSuite('Chromium', chromium);
