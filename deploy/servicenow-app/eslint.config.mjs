// The platform's own engine reads ES5; what a person's editor would let pass must not get there.
export default [
  {
    files: ['src/scripts/**/*.js'],
    languageOptions: {
      ecmaVersion: 5,
      sourceType: 'script',
      globals: {
        answer: 'writable',
        current: 'readonly',
        previous: 'readonly',
        gs: 'readonly',
        sn_ws: 'readonly',
        GlideCertificateEncryption: 'readonly',
        GlideDateTime: 'readonly',
        GlideRecord: 'readonly',
        GlideScriptRecordUtil: 'readonly',
        GlideStringUtil: 'readonly',
        GatepostEvents: 'writable',
        GatepostGate: 'writable',
        GatepostGuard: 'writable',
        GatepostLock: 'writable',
        GatepostSender: 'writable',
        GatepostEventBody: 'writable',
      },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      curly: 'error',
      eqeqeq: 'error',
      'no-shadow': 'error',
      'no-undef': 'error',
      'no-unreachable': 'error',
      'no-unused-vars': ['error', { varsIgnorePattern: '^Gatepost' }],
      'no-use-before-define': ['error', { functions: false }],
      'max-len': ['error', { code: 120 }],
    },
  },
];
