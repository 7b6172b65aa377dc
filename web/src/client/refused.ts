export type RefusalCode =
  | 'invalid_instruction'
  | 'path_not_found'
  | 'type_mismatch'
  | 'index_out_of_range'
  | 'invalid_graph'
  | 'too_large';

/** An instruction, or a batch, that cannot be applied: the server would refuse it with this code. */
export class InstructionError extends Error {
  override readonly name = 'InstructionError';
  constructor(
    readonly code: RefusalCode,
    message: string,
    /** That of the offending instruction in its batch, if it is one's fault. */
    readonly index?: number,
  ) {
    super(message);
  }
}

export function invalid(message: string): InstructionError {
  return new InstructionError('invalid_instruction', message);
}

export function mismatch(message: string): InstructionError {
  return new InstructionError('type_mismatch', message);
}

export function outOfRange(message: string): InstructionError {
  return new InstructionError('index_out_of_range', message);
}
