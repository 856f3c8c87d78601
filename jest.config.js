const base = require('@jupyterlab/testing/lib/jest-config')(__dirname);

module.exports = {
  ...base,
  reporters: ['default'],
  moduleNameMapper: {
    ...base.moduleNameMapper,
    '^yaml$': '<rootDir>/node_modules/yaml/dist/index.js'
  },
  rootDir: __dirname,
  testRegex: '/src/.*/__tests__/.*\\.spec\\.tsx?$',
  testPathIgnorePatterns: ['/node_modules/', '/lib/'],
  transform: {
    ...base.transform,
    '^.+\\.tsx?$': [
      'ts-jest',
      {
        tsconfig: './tsconfig.test.json',
        diagnostics: { ignoreCodes: [151001] }
      }
    ]
  }
};
