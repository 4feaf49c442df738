// The language of a cell: Python in the magic's line and in blocks of Mako, C++ elsewhere.

import {
  HighlightStyle,
  indentNodeProp,
  Language,
  languageDataProp,
  syntaxHighlighting,
  type TreeIndentContext
} from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import {
  type Input,
  NodeProp,
  type NestedParse,
  NodeType,
  parseMixed,
  Parser,
  type PartialParse,
  type SyntaxNodeRef,
  Tree,
  type TreeFragment
} from '@lezer/common';
import { styleTags, tags } from '@lezer/highlight';

import { type IRange, partsOf } from './parts';

const MagicLine = NodeType.define({ id: 2, name: 'MagicLine' });
const Body = NodeType.define({ id: 3, name: 'CppBody' });
const MakoBlock = NodeType.define({
  id: 4,
  name: 'MakoBlock',
  props: [styleTags({ MakoBlock: tags.meta })]
});
const MakoPython = NodeType.define({ id: 5, name: 'MakoPython' });

/** Finds the parts of a cell in one step, because a cell is short. */
class FindParts implements PartialParse {
  parsedPos = 0;
  stoppedAt: number | null = null;

  constructor(
    private readonly cell: NodeType,
    private readonly input: Input
  ) {}

  stopAt(position: number): void {
    this.stoppedAt = position;
  }

  advance(): Tree {
    const { magicLine, body, mako } = partsOf(this.input.read(0, this.input.length));
    const blocks = mako.map(({ block, python }) =>
      tree(MakoBlock, block, [[python, tree(MakoPython, python)]])
    );
    this.parsedPos = this.input.length;
    return tree(this.cell, { from: 0, to: this.input.length }, [
      [magicLine, tree(MagicLine, magicLine)],
      [body, tree(Body, body, blocks.map((block, index) => [mako[index].block, block]))]
    ]);
  }
}

function tree(type: NodeType, range: IRange, children: [IRange, Tree][] = []): Tree {
  return new Tree(
    type,
    children.map(([, child]) => child),
    children.map(([at]) => at.from - range.from),
    range.to - range.from
  );
}

/** Gives each part of a cell to the parser of its language; unchanged text is not parsed again. */
class CellParser extends Parser {
  private readonly _inner;
  private readonly _cell: NodeType;

  constructor(python: Language, cpp: Language) {
    super();
    this._cell = NodeType.define({
      id: 1,
      name: 'CppCell',
      top: true,
      // What holds for C++, such as how a comment is written, holds for what lies between the parts.
      props: [languageDataProp.add(() => cpp.data), indentNodeProp.add(() => indentAtEnd)]
    });
    this._inner = parseMixed((node): NestedParse | null => {
      if (node.type === MagicLine || node.type === MakoPython) {
        // As an overlay: some versions of JupyterLab enter other trees for any position after them.
        return { parser: python.parser, overlay: whole(node) };
      }
      return node.type === Body ? { parser: cpp.parser, overlay: outsideMako(node) } : null;
    });
  }

  createParse(
    input: Input,
    fragments: readonly TreeFragment[],
    ranges: readonly IRange[]
  ): PartialParse {
    return this._inner(new FindParts(this._cell, input), input, fragments, ranges);
  }
}

function whole({ from, to }: IRange): IRange[] {
  return from < to ? [{ from, to }] : [];
}

/** Return the C++ of a body with blocks of Mako; undefined if all of it is C++. */
function outsideMako(body: SyntaxNodeRef): IRange[] | undefined {
  const blocks = body.node.getChildren(MakoBlock.name);
  if (!blocks.length) {
    return undefined;
  }
  const starts = [body.from, ...blocks.map(block => block.to)];
  const ends = [...blocks.map(block => block.from), body.to];
  return starts
    .map((from, index) => ({ from, to: ends[index] }))
    .filter(({ from, to }) => from < to);
}

/**
 * Return the indentation of a new line at the end of a cell with Mako: the editor looks for what is
 * not finished yet in the tree of the whole cell only, not in the C++ that lies over it.
 */
function indentAtEnd(context: TreeIndentContext): number {
  const { pos, unit } = context;
  let node = context.node.lastChild?.enter(pos, -1)?.enterUnfinishedNodesBefore(pos) ?? null;
  for (; node; node = node.parent) {
    const opens = node.firstChild?.type.prop(NodeProp.closedBy);
    const unfinished = node.lastChild?.type.isError;
    if (unfinished && (opens || node.type.is('Statement'))) {
      return context.baseIndentFor(node) + unit;
    }
  }
  return 0;
}

// JupyterLab's own style leaves the names of types as they are, and in C++ they are every third word.
const types = syntaxHighlighting(
  HighlightStyle.define([
    { tag: tags.typeName, color: 'var(--jp-mirror-editor-variable-3-color)' }
  ])
);

/** Return the language of C++ cells, made of two others. */
export function cellLanguage(python: Language, cpp: Language): Extension {
  return [new Language(cpp.data, new CellParser(python, cpp), [], 'cppmagic').extension, types];
}
