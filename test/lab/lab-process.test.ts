import { describe } from 'vitest';
import { labSuite } from './lab-suite.ts';
import { requireLab } from './require-lab.ts';

describe.skipIf(!requireLab('process'))('the lab in plain processes', () => labSuite('process'));
