// Type-aware linting, and the rule that features never import each other.
import { readdirSync } from "node:fs";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

const features = readdirSync(new URL("src/features", import.meta.url));
const relative = { regex: "^\\.", message: "Import by the absolute name: @/…" };
const forbid = (files, ...patterns) => ({
  files,
  rules: { "no-restricted-imports": ["error", { patterns: [relative, ...patterns] }] },
});

export default tseslint.config(
  { ignores: ["src/api/schema.d.ts", "node_modules"] },
  {
    files: ["src/**/*.{ts,tsx}"],
    extends: [...tseslint.configs.strictTypeChecked, reactHooks.configs.flat["recommended-latest"]],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Numbers in texts are meant.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // `onClick={() => close()}` is how handlers are written.
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // An async submit handler settles its own errors.
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
    },
  },
  forbid(["src/app/**", "src/main.tsx"]),
  forbid(["src/i18n/**"], {
    regex: "^@/(api|app|features|live|ui)/",
    message: "i18n knows only its messages.",
  }),
  forbid(["src/api/**"], {
    regex: "^@/(app|features|live|ui)/",
    message: "api stands below live, ui and features.",
  }),
  forbid(["src/live/**"], { regex: "^@/(app|features|ui)/", message: "live stands below ui and features." }),
  forbid(["src/ui/**"], { regex: "^@/(app|features|live)/", message: "ui stands below live and features." }),
  ...features.map((feature) =>
    forbid([`src/features/${feature}/**`], {
      regex: `^@/(app/|features/(?!${feature}/))`,
      message: "A feature imports neither another feature nor the app around it.",
    }),
  ),
);
