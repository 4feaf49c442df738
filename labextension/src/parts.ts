// The parts of a cell: the magic's line, C++, and blocks of Mako between.

import type { Text } from '@codemirror/state';

const MAGIC_LINE = /^\s*%%(?:cpp|cppimport|cppheader)(?!\w)/;

// `<% ... %>` and `<%! ... %>`; what is not closed yet reaches to the end, as it does for Mako.
const MAKO_BLOCK = /(?<open><%!?)(?=\s)(?<python>[^]*?)(?:%>|(?![^]))/;

// `% for ...:` and its like. No line of C++ begins with such words behind a percent sign.
const MAKO_CONTROL_LINE =
  /^(?<percent>[ \t]*%[ \t]*)(?<line>(?:for|if|elif|else|while|with|try|except|finally|end(?:for|if|while|with|try))\b.*)$/;

const MAKO = new RegExp(`${MAKO_BLOCK.source}|${MAKO_CONTROL_LINE.source}`, 'gm');

/** A stretch of text, as offsets from the beginning of the cell. */
export interface IRange {
  from: number;
  to: number;
}

/** The parts of a cell. */
export interface IParts {
  magicLine: IRange;
  body: IRange;
  /** Blocks and control lines of Mako in the body, and the Python in each. */
  mako: { block: IRange; python: IRange }[];
}

/** Whether a cell's text is C++ for one of the magics. */
export function isCppCell(text: Text): boolean {
  for (const line of text.iterLines()) {
    // IPython skips empty lines before a magic.
    if (line.trim()) {
      return MAGIC_LINE.test(line);
    }
  }
  return false;
}

/** Return the parts of a cell whose first line is a magic's. */
export function partsOf(text: string): IParts {
  const length = text.length;
  const newline = text.indexOf('\n', Math.max(text.search(/\S/), 0));
  const lineEnd = newline < 0 ? length : newline;
  const bodyStart = Math.min(lineEnd + 1, length);
  const mako = Array.from(text.slice(bodyStart).matchAll(MAKO), match => {
    const { open, python, percent, line } = match.groups!;
    const from = bodyStart + match.index!;
    const pythonFrom = from + (open ?? percent).length;
    return {
      block: { from, to: from + match[0].length },
      python: { from: pythonFrom, to: pythonFrom + (python ?? line).length }
    };
  });
  return {
    magicLine: { from: 0, to: lineEnd },
    body: { from: bodyStart, to: length },
    mako
  };
}
