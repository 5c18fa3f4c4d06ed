/** Diagnostic codes of compiling an energy to a file of another program, with their titles. */
export const emitCodes = {
  E0801: 'an energy that the format cannot hold',
  E0802: 'an energy too large for the format',
} as const;

export type EmitCode = keyof typeof emitCodes;
