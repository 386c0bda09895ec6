import type { ExpressionNode, ExpressionOperator } from '../../types/agreement.ts';
import { INTEGER_MAX, INTEGER_MIN } from './yaml-document.ts';

/** A value of an expression or an attribute. */
export type Scalar = string | bigint | boolean;
type Operand = Scalar | readonly Scalar[];

/** Why an expression has no value: a path without a value, operands of wrong types, or more than 128 bits. */
export type ExpressionFault = 'attribute-missing' | 'expression-failed';

class Fault extends Error {
  readonly fault: ExpressionFault;
  constructor(fault: ExpressionFault) {
    super(fault);
    this.fault = fault;
  }
}

function integer(value: Operand): bigint {
  if (typeof value !== 'bigint') throw new Fault('expression-failed');
  return value;
}

function boolean(value: Operand): boolean {
  if (typeof value !== 'boolean') throw new Fault('expression-failed');
  return value;
}

function inRange(value: bigint): bigint {
  if (value > INTEGER_MAX || value < INTEGER_MIN) throw new Fault('expression-failed');
  return value;
}

function equal(a: Operand, b: Operand): boolean {
  if (typeof a !== typeof b || typeof a === 'object') throw new Fault('expression-failed');
  return a === b;
}

function isIn(item: Operand, list: Operand): boolean {
  if (typeof list !== 'object') throw new Fault('expression-failed');
  // Every item is compared, so that a list of mixed types fails whatever the order.
  return list.map((other) => equal(item, other)).includes(true);
}

const BINARY: Readonly<Partial<Record<ExpressionOperator, (a: Operand, b: Operand) => Operand>>> = {
  // Both sides are evaluated before, so that what fails does not depend on the other side.
  and: (a, b) => [boolean(a), boolean(b)].every(Boolean),
  or: (a, b) => [boolean(a), boolean(b)].some(Boolean),
  equal,
  unequal: (a, b) => !equal(a, b),
  less: (a, b) => integer(a) < integer(b),
  'at-most': (a, b) => integer(a) <= integer(b),
  greater: (a, b) => integer(a) > integer(b),
  'at-least': (a, b) => integer(a) >= integer(b),
  in: isIn,
  add: (a, b) => inRange(integer(a) + integer(b)),
  subtract: (a, b) => inRange(integer(a) - integer(b)),
  multiply: (a, b) => inRange(integer(a) * integer(b)),
};

function pop(stack: Operand[]): Operand {
  const value = stack.pop();
  if (value === undefined) throw new Fault('expression-failed');
  return value;
}

function popList(stack: Operand[], count: number): readonly Scalar[] {
  const items = count === 0 ? [] : stack.splice(-count);
  if (items.length !== count || items.some((item) => typeof item === 'object'))
    throw new Fault('expression-failed');
  return items as Scalar[];
}

function step(
  { operator, value }: ExpressionNode,
  stack: Operand[],
  resolve: (path: string) => Scalar | undefined,
): Operand {
  switch (operator) {
    case 'integer':
      return BigInt(value);
    case 'text':
      return value;
    case 'boolean':
      return value === 'true';
    case 'path': {
      const resolved = resolve(value);
      if (resolved === undefined) throw new Fault('attribute-missing');
      return resolved;
    }
    case 'list':
      return popList(stack, Number(value));
    case 'not':
      return !boolean(pop(stack));
    case 'negate':
      return inRange(-integer(pop(stack)));
    default: {
      const right = pop(stack);
      const left = pop(stack);
      const apply = BINARY[operator];
      if (apply === undefined) throw new Fault('expression-failed');
      return apply(left, right);
    }
  }
}

/**
 * Whether a condition holds. It always ends: every node is visited once, which is its gas. A fault stands for deny.
 * `resolve` gives the value of a path, or undefined.
 */
export function evaluateCondition(
  nodes: readonly ExpressionNode[],
  resolve: (path: string) => Scalar | undefined,
): { readonly holds: boolean } | { readonly fault: ExpressionFault } {
  const stack: Operand[] = [];
  try {
    for (const node of nodes) stack.push(step(node, stack, resolve));
    return { holds: boolean(pop(stack)) };
  } catch (error) {
    if (error instanceof Fault) return { fault: error.fault };
    throw error;
  }
}
