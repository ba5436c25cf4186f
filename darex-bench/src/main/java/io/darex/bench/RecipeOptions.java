package io.darex.bench;

import io.darex.bench.config.Rate;
import io.darex.bench.config.RecipeConfig;
import io.darex.prune.checkpoint.FactorPruning;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import picocli.CommandLine.Option;

/** The options that say how to prune; those not given leave it to the configuration. */
final class RecipeOptions {
  @Option(
      names = "--config",
      paramLabel = "YAML",
      description = "A recipe such as configs/prune/random.yml; the options below go before it.")
  private Path config;

  @Option(
      names = "--mask",
      paramLabel = "NAME",
      description =
          "Which entries stay: random (default), stratified, magnitude, columns, n:m, wanda.")
  private String mask;

  @Option(
      names = "--drop-rate",
      paramLabel = "P",
      converter = Rate.class,
      description = "Fraction of the entries dropped, in [0, 1); default 0.99.")
  private Double dropRate;

  @Option(names = "--seed", paramLabel = "N", description = "Of drawn masks; default 42.")
  private Long seed;

  @Option(
      names = "--scope",
      paramLabel = "SCOPE",
      description = "What magnitude compares: tensor (default), row, model.")
  private String scope;

  @Option(names = "--group", paramLabel = "G", description = "Entries in a group of stratified.")
  private Integer group;

  @Option(names = "--keep", paramLabel = "N:M", description = "Of n:m; default 2:4.")
  private String keep;

  @Option(
      names = "--budget",
      paramLabel = "NAME",
      description = "How the drop rate is spread over tensors: uniform (default), variance, apl.")
  private String budget;

  @Option(
      names = "--rescale",
      paramLabel = "NAME",
      description =
          "By which q kept entries are divided: inverse-keep-rate (default of drawn masks), q, "
              + "norm-match, none (default of masks that choose by size); with texts q-labelled, "
              + "q-unlabelled.")
  private String rescale;

  @Option(names = "--q", paramLabel = "Q", description = "The q of rescale q, in (0, 1].")
  private Double q;

  @Option(
      names = "--q-file",
      paramLabel = "YAML",
      description =
          "A q for each tensor: a mapping 'tensors' of names or patterns, and 'fallback' for the "
              + "rest (default: the share that is kept).")
  private Path qFile;

  @Option(
      names = "--q-scope",
      paramLabel = "SCOPE",
      description = "What a found q is for: global (one for all) or layer.")
  private String qScope;

  @Option(names = "--norm", paramLabel = "NORM", description = "Of norm-match: l1 (default), l2.")
  private String norm;

  @Option(
      names = "--values",
      paramLabel = "DTYPE",
      description = "How kept values are stored: f32 (default), bf16, f16.")
  private String values;

  @Option(
      names = "--only",
      paramLabel = "PATTERN",
      description = "Prune these tensors only; * stands for any characters. May be repeated.")
  private List<String> only;

  @Option(
      names = "--exclude",
      paramLabel = "PATTERN",
      description = "Carry these tensors whole. May be repeated.")
  private List<String> exclude;

  @Option(
      names = "--preset",
      paramLabel = "NAME",
      description =
          "What is pruned at most: encoder (default; all but classifier.*), decoder (mlp and "
              + "self_attn), all.")
  private String preset;

  /**
   * The recipe.
   *
   * @throws BadInputException if file or options are at fault
   */
  RecipeConfig recipe() {
    return RecipeConfig.of(said());
  }

  /**
   * The recipe of one of an adapter's factors.
   *
   * @param own what is said of this factor alone, by key; null where nothing is
   * @throws BadInputException as {@link #recipe()}, and if a type of kept values is given, for a
   *     factor keeps its own
   */
  FactorPruning.Recipe factor(Map<String, Object> own) {
    Map<String, Object> said = said();
    if (said.containsKey("values")) {
      throw new BadInputException(
          "--adapter: expected no --values, as factors keep their type, came "
              + said.get("values"));
    }
    if (said.containsKey("budget")) {
      throw new BadInputException(
          "--adapter: expected no --budget, as each factor has its own rate, came "
              + said.get("budget"));
    }
    own.forEach((key, value) -> put(said, key, value));
    RecipeConfig config = RecipeConfig.of(said);
    return new FactorPruning.Recipe(config.pruning(), config.rescale());
  }

  /** The file of texts that the recipe's YAML names. */
  Optional<Path> calibration() {
    return Optional.ofNullable(said().get("calibration")).map(file -> Path.of(file.toString()));
  }

  /** The files that the recipe is in, or that it names. */
  Inputs inputs() {
    Object named = said().get("qFile");
    return Inputs.of(config, named == null ? null : Path.of(named.toString()))
        .and(calibration().orElse(null));
  }

  /** What file and options say, by key. */
  Map<String, Object> said() {
    Map<String, Object> said = config == null ? new TreeMap<>() : RecipeConfig.read(config);
    put(said, "mask", mask);
    put(said, "dropRate", dropRate);
    put(said, "seed", seed);
    put(said, "scope", scope);
    put(said, "group", group);
    put(said, "keep", keep);
    put(said, "budget", budget);
    put(said, "qScope", qScope);
    put(said, "rescale", rescale);
    put(said, "q", q);
    put(said, "qFile", qFile);
    put(said, "norm", norm);
    put(said, "values", values);
    put(said, "only", only);
    put(said, "exclude", exclude);
    put(said, "preset", preset);
    return said;
  }

  private static void put(Map<String, Object> said, String key, Object value) {
    if (value != null) {
      said.put(key, value);
    }
  }
}
