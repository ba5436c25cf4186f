package io.darex.bench.select;

import io.darex.prune.Scale;
import io.darex.prune.mask.Budget;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.rescale.FixedQ;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A recipe for {@code darex prune --config}, every number resolved.
 *
 * @param keys what it says, by key, but for {@code qFile}
 * @param scale the q's of tensors that have their own, for a file of q's; empty of tensors where
 *     the keys say it all
 */
public record RecipeText(Map<String, Object> keys, Scale scale) {
  /** Copies the map. */
  public RecipeText {
    keys = new LinkedHashMap<>(keys);
  }

  /**
   * Of a recipe whose q, if it has one, is found.
   *
   * @param scale its q's
   * @param preset what is pruned at most, where that is not an encoder's
   * @param calibration name of the file of texts, for masks that need one
   */
  static RecipeText of(Recipe recipe, Scale scale, String preset, String calibration) {
    Map<String, Object> keys = new LinkedHashMap<>();
    Map<String, Object> mask = recipe.mask().parameters();
    keys.put("mask", recipe.mask().kind());
    if (mask.containsKey("scope")) {
      keys.put("scope", mask.get("scope"));
    }
    keys.put("values", recipe.parameters().get("values"));
    recipe
        .bytes()
        .ifPresentOrElse(
            size -> keys.put("bytes", size.toString()),
            () -> keys.put("dropRate", recipe.mask().dropRate()));
    if (recipe.budget() != Budget.UNIFORM) {
      keys.put("budget", recipe.budget().toString());
    }
    if (recipe.mask().isDrawn()) {
      keys.put("seed", Long.valueOf(mask.get("seed").toString()));
    }
    if (recipe.mask().needsInputs()) {
      keys.put("calibration", calibration);
    }
    keys.put("rescale", recipe.rescale().name());
    if (recipe.rescale() instanceof FixedQ && scale.perTensor().isEmpty()) {
      keys.put("q", scale.fallback());
    }
    if (!preset.equals("encoder")) {
      keys.put("preset", preset);
    }
    return new RecipeText(keys, scale);
  }

  /** Whether it needs a file of q's beside it. */
  public boolean hasQFile() {
    return !scale.perTensor().isEmpty();
  }

  /**
   * The recipe as YAML.
   *
   * @param qFile where the file of q's will be, if it {@linkplain #hasQFile needs} one
   */
  public String yaml(String qFile) {
    StringBuilder yaml = new StringBuilder();
    keys.forEach((key, value) -> line(yaml, key, value));
    if (hasQFile()) {
      line(yaml, "qFile", qFile);
    }
    return yaml.toString();
  }

  /** The file of q's as YAML. */
  public String qYaml() {
    StringBuilder yaml = new StringBuilder();
    line(yaml, "fallback", scale.fallback());
    yaml.append("tensors:\n");
    new TreeMap<>(scale.perTensor()).forEach((name, q) -> line(yaml.append("  "), quoted(name), q));
    return yaml.toString();
  }

  private static void line(StringBuilder yaml, String key, Object value) {
    yaml.append(key).append(": ");
    if (value instanceof Double number) {
      // Every digit, and no exponent, which YAML may take for text.
      yaml.append(new BigDecimal(number.toString()).toPlainString());
    } else if (value instanceof Long) {
      yaml.append(value);
    } else {
      String text = value.toString();
      yaml.append(text.matches("[a-z][a-z0-9-]*|\\d+[KMG]?B") ? text : quoted(text));
    }
    yaml.append('\n');
  }

  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    text.codePoints()
        .forEach(
            each -> {
              // Tensor names are a file's, with what YAML would take for an end of line or refuse.
              if (each == '"' || each == '\\') {
                quoted.append('\\').appendCodePoint(each);
              } else if (each < ' ' || (each > '~' && !Character.isLetterOrDigit(each))) {
                quoted.append(String.format(Locale.ROOT, "\\U%08x", each));
              } else {
                quoted.appendCodePoint(each);
              }
            });
    return quoted.append('"').toString();
  }
}
