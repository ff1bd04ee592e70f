export default [
  {
    files: ["**/*.js"],
    languageOptions: { ecmaVersion: 2024, sourceType: "module" },
    rules: {
      "array-callback-return": "error", "complexity": ["error", 12], "consistent-return": "error", "eqeqeq": "error",
      "max-lines-per-function": ["error", { "max": 200, "skipComments": true }], "no-eval": "error", "no-implied-eval": "error",
      "no-shadow": "error", "no-undef-init": "error", "no-unused-vars": "error", "no-use-before-define": ["error", { "functions": false, "variables": false }],
      "no-var": "error", "prefer-const": "error", "no-unreachable": "error", "no-dupe-keys": "error", "no-const-assign": "error",
    },
  },
];
