import js from '@eslint/js';
import jupyter from '@jupyter/eslint-plugin';
import prettier from 'eslint-config-prettier';
import jsdoc from 'eslint-plugin-jsdoc';
import a11y from 'eslint-plugin-jsx-a11y';
import hooks from 'eslint-plugin-react-hooks';
import { defineConfig } from 'eslint/config';
import ts from 'typescript-eslint';

export default defineConfig(
  { ignores: ['lib', 'node_modules', 'jupyterlab_tsml', 'src/wire.ts'] },
  {
    files: ['src/**/*.{ts,tsx}'],
    extends: [js.configs.recommended, ts.configs.recommendedTypeChecked],
    plugins: { jupyter, jsdoc, 'jsx-a11y': a11y, 'react-hooks': hooks },
    languageOptions: { parserOptions: { project: './tsconfig.test.json' } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    settings: { jsdoc: { mode: 'typescript' } },
    rules: {
      ...a11y.flatConfigs.recommended.rules,
      ...jupyter.configs.recommended[0].rules,
      'jupyter/command-described-by': 'error',
      'jupyter/no-untranslated-string': 'error',
      'jupyter/require-signal-cleanup': 'error',
      'jsx-a11y/no-noninteractive-tabindex': 'off',
      'react-hooks/rules-of-hooks': 'error',
      'react-hooks/exhaustive-deps': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-misused-promises': [
        'error',
        { checksVoidReturn: false }
      ],
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      // Lumino's signals bind the receiver: changed.connect(this._follow, this)
      '@typescript-eslint/unbound-method': 'off',
      // a document's values are plain JSON whose kind the schema has decided
      '@typescript-eslint/no-base-to-string': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        {
          argsIgnorePattern: '^_',
          varsIgnorePattern: '^_',
          destructuredArrayIgnorePattern: '^_'
        }
      ],
      '@typescript-eslint/naming-convention': [
        'error',
        { selector: 'interface', format: ['PascalCase'] }
      ],
      'jsdoc/require-jsdoc': [
        'error',
        {
          publicOnly: true,
          require: { ClassDeclaration: true, FunctionDeclaration: true },
          contexts: ['TSInterfaceDeclaration', 'TSTypeAliasDeclaration']
        }
      ],
      curly: ['error', 'all'],
      eqeqeq: 'error',
      'prefer-arrow-callback': 'error'
    }
  },
  {
    files: ['src/**/__tests__/**'],
    rules: {
      'jsdoc/require-jsdoc': 'off',
      'jupyter/no-untranslated-string': 'off',
      'jupyter/require-signal-cleanup': 'off',
      'jupyter/require-disposable-ownership': 'off'
    }
  },
  prettier
);
