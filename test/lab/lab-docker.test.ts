import { describe } from 'vitest';
import { labSuite } from './lab-suite.ts';
import { requireLab } from './require-lab.ts';

describe.skipIf(!requireLab('docker'))('the lab in containers', () => labSuite('docker'));
