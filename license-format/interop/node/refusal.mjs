// The one way to say no: a code of FORMAT.md's table, "Error codes". Whatever else is thrown is a fault of this program.

export class Refusal extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

export const refuse = (code) => { throw new Refusal(code); };
export const must = (holds, code) => { if (!holds) refuse(code); };
