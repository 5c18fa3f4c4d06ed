export { demoCommand } from '../../demo/demo.ts';
