// The plugin: in every editor of Python, a text that begins with one of the magics gets their
// language, for as long as it does.

import type { Language } from '@codemirror/language';
import { Compartment, EditorState, type Extension, Prec, Text } from '@codemirror/state';
import { type EditorView, ViewPlugin, type ViewUpdate } from '@codemirror/view';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { CodeEditor } from '@jupyterlab/codeeditor';
import {
  EditorExtensionRegistry,
  IEditorExtensionRegistry,
  IEditorLanguageRegistry
} from '@jupyterlab/codemirror';
import { NodeProp } from '@lezer/common';

import { cellLanguage } from './language';
import { isCppCell } from './parts';

const PYTHON = /^text\/x-i?python$/;

const NOTHING: Extension = [];

/** The language of C++ cells, loaded when the first one is seen. */
class LazyLanguage {
  loaded: Extension | null = null;
  private _loading: Promise<void> | null = null;

  constructor(private readonly _registry: IEditorLanguageRegistry) {}

  load(): Promise<void> {
    this._loading ??= this._load();
    return this._loading;
  }

  private async _load(): Promise<void> {
    const [python, cpp] = await Promise.all([
      this._registry.getLanguage('Python'),
      loadCpp()
    ]);
    if (python?.support) {
      this.loaded = cellLanguage(python.support.language, cpp);
    }
  }
}

/**
 * Return our own C++, because JupyterLab's (of 4.0 as of 4.6) has an old grammar, which finds no
 * blocks in C++ that is not finished yet, and so no indentation.
 */
async function loadCpp(): Promise<Language> {
  // A property of nodes that our grammar sets and that JupyterLab 4.0 does not know.
  const known: { isolate?: NodeProp<unknown> } = NodeProp;
  known.isolate ??= new NodeProp({ deserialize: value => value });
  return (await import('@codemirror/lang-cpp')).cppLanguage;
}

/** Return what makes one editor's text C++ while it begins with a magic. */
function forEditor(model: CodeEditor.IModel, cell: LazyLanguage): Extension {
  const place = new Compartment();
  const isCpp = (text: Text): boolean => PYTHON.test(model.mimeType) && isCppCell(text);
  const wanted = (text: Text): Extension => (isCpp(text) && cell.loaded) || NOTHING;

  const follow = EditorState.transactionExtender.of(change => {
    if (!change.docChanged) {
      return null;
    }
    const extension = wanted(change.newDoc);
    return extension === place.get(change.startState)
      ? null
      : { effects: place.reconfigure(extension) };
  });

  class Watch {
    private _gone = false;

    constructor(private readonly _view: EditorView) {
      model.mimeTypeChanged.connect(this._lookAgain, this);
      this._loadIfNeeded();
    }

    update(update: ViewUpdate): void {
      if (update.docChanged) {
        this._loadIfNeeded();
      }
    }

    destroy(): void {
      this._gone = true;
      model.mimeTypeChanged.disconnect(this._lookAgain, this);
    }

    private _loadIfNeeded(): void {
      if (!cell.loaded && isCpp(this._view.state.doc)) {
        void this._lookAgain();
      }
    }

    private async _lookAgain(): Promise<void> {
      // Awaiting also leaves the update that this may be called in, which forbids another.
      await (isCpp(this._view.state.doc) ? cell.load() : null);
      const extension = wanted(this._view.state.doc);
      if (!this._gone && extension !== place.get(this._view.state)) {
        this._view.dispatch({ effects: place.reconfigure(extension) });
      }
    }
  }

  const text = Text.of(model.sharedModel.getSource().split('\n'));
  // The editor takes the first language that it finds.
  return [Prec.highest(place.of(wanted(text))), follow, ViewPlugin.fromClass(Watch)];
}

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'cppmagic:cells',
  description: 'C++ in the cells of %%cpp, %%cppimport and %%cppheader.',
  autoStart: true,
  requires: [IEditorExtensionRegistry, IEditorLanguageRegistry],
  activate: (
    _app: JupyterFrontEnd,
    extensions: IEditorExtensionRegistry,
    languages: IEditorLanguageRegistry
  ): void => {
    const cell = new LazyLanguage(languages);
    extensions.addExtension({
      name: 'cppmagic:cells',
      factory: ({ model }) =>
        EditorExtensionRegistry.createImmutableExtension(forEditor(model, cell))
    });
  }
};

export default plugin;
