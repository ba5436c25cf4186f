package io.darex.prune.folder;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.darex.prune.file.InputFile;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.file.Steps;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * What the {@code adapter_config.json} of a LoRA adapter says of its factors.
 *
 * @param rank r of the modules that {@code rankPattern} does not name
 * @param alpha α of the modules that {@code alphaPattern} does not name
 * @param rslora whether s is α/√r and not α/r
 * @param rankPattern r by pattern of module names, the first that matches counting
 * @param alphaPattern α, likewise
 * @param transposed {@code fan_in_fan_out}: whether linear weights are stored {@code [in, out]}
 * @param targets {@code target_modules}: the ends of the names of the modules adapted; empty where
 *     the file has no list of them
 * @param saved {@code modules_to_save}: modules whose tensors the adapter carries whole
 */
public record PeftConfig(
    int rank,
    double alpha,
    boolean rslora,
    Map<Pattern, Integer> rankPattern,
    Map<Pattern, Double> alphaPattern,
    boolean transposed,
    List<String> targets,
    List<String> saved) {
  /** The name of the file. */
  public static final String FILE = "adapter_config.json";

  private static final int MAX_RANK = 1 << 16;

  /** What changes the computation in a way that this room does not know. */
  private static final List<String> UNKNOWN =
      List.of(
          "use_dora",
          "lora_bias",
          "use_qalora",
          "layer_replication",
          "target_parameters",
          "trainable_token_indices",
          "alora_invocation_tokens",
          "use_bdlora",
          "kasa_config",
          "arrow_config",
          "monteclora_config");

  /** The initialisations that change the base itself, which the adapter then does not fit. */
  private static final Pattern CHANGES_BASE =
      Pattern.compile("(pissa|olora|corda|loftq|lora_ga).*", Pattern.DOTALL);

  private static final Set<String> BIASES = Set.of("none", "all", "lora_only");

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  /** Copies the lists. */
  public PeftConfig {
    targets = List.copyOf(targets);
    saved = List.copyOf(saved);
  }

  /** An adapter with one rank and one α for all its modules. */
  public PeftConfig(
      int rank, double alpha, boolean rslora, List<String> targets, List<String> saved) {
    this(rank, alpha, rslora, Map.of(), Map.of(), false, targets, saved);
  }

  /**
   * Reads a file.
   *
   * @throws MalformedFileException naming the key, if it is not the configuration of a LoRA adapter
   *     or asks for what this room does not compute, such as DoRA
   */
  public static PeftConfig read(Path file) throws IOException {
    try {
      return new Reader(file, JSON.readTree(InputFile.utf8(file))).config();
    } catch (JsonProcessingException e) {
      throw new MalformedFileException(file, "a JSON object", e.getOriginalMessage());
    }
  }

  /** r of a module: what its factors must have. */
  int rank(String module, Steps steps) throws MalformedFileException {
    return first(rankPattern, module, rank, steps);
  }

  /** s = α/r, or for rsLoRA α/√r, of the modules that no pattern names. */
  public double scale() {
    return alpha / (rslora ? Math.sqrt(rank) : rank);
  }

  /** s of a module. */
  double scale(String module, Steps steps) throws MalformedFileException {
    double r = rank(module, steps);
    return first(alphaPattern, module, alpha, steps) / (rslora ? Math.sqrt(r) : r);
  }

  /**
   * Whether a tensor lies in one of the {@link #saved} modules. As PEFT does it, whatever name ends
   * with theirs is one: "classifier" saves DistilBERT's pre_classifier too.
   */
  boolean saves(String tensor) {
    for (int end = tensor.indexOf('.'); end >= 0; end = tensor.indexOf('.', end + 1)) {
      if (saved.stream().anyMatch(tensor.substring(0, end)::endsWith)) {
        return true;
      }
    }
    return false;
  }

  private static <T> T first(Map<Pattern, T> patterns, String module, T otherwise, Steps steps)
      throws MalformedFileException {
    for (Map.Entry<Pattern, T> entry : patterns.entrySet()) {
      if (steps.match(entry.getKey(), module)) {
        return entry.getValue();
      }
    }
    return otherwise;
  }

  /**
   * The text of a file with every key that PEFT writes for a text classifier.
   *
   * @param base name or folder of the base, {@code base_model_name_or_path}
   */
  public String toJson(String base) {
    ObjectNode root = JSON.createObjectNode();
    root.putNull("auto_mapping");
    root.put("base_model_name_or_path", base);
    root.put("bias", "none");
    root.put("fan_in_fan_out", transposed);
    root.put("inference_mode", true);
    root.put("init_lora_weights", true);
    root.putNull("layers_pattern");
    root.putNull("layers_to_transform");
    root.put("lora_alpha", alpha);
    root.put("lora_dropout", 0.0);
    list(root.putArray("modules_to_save"), saved);
    root.put("peft_type", "LORA");
    root.put("r", rank);
    root.putObject("rank_pattern");
    root.putObject("alpha_pattern");
    root.putNull("revision");
    list(root.putArray("target_modules"), targets);
    root.put("task_type", "SEQ_CLS");
    root.put("use_dora", false);
    root.put("use_rslora", rslora);
    return root.toPrettyString() + "\n";
  }

  private static void list(ArrayNode array, List<String> items) {
    items.forEach(array::add);
  }

  /** Reads one file key by key. */
  private record Reader(Path file, JsonNode root) {
    PeftConfig config() throws MalformedFileException {
      if (!root.isObject()) {
        throw new MalformedFileException(file, "a JSON object", root.getNodeType());
      }
      require(root.path("peft_type").asText().equals("LORA"), "peft_type", "\"LORA\"");
      for (String key : UNKNOWN) {
        require(isOff(root.path(key)), key, "none, which no plain LoRA has");
      }
      JsonNode start = root.path("init_lora_weights");
      boolean changed = CHANGES_BASE.matcher(start.asText()).matches();
      require(!changed, "init_lora_weights", "one that leaves the base as it is");
      JsonNode bias = root.path("bias");
      require(bias.isMissingNode() || BIASES.contains(bias.asText()), "bias", "one of " + BIASES);
      return new PeftConfig(
          rank("r", root.path("r")),
          alpha("lora_alpha", root.path("lora_alpha")),
          flag("use_rslora"),
          patterns("rank_pattern", this::rank),
          patterns("alpha_pattern", this::alpha),
          flag("fan_in_fan_out"),
          root.path("target_modules").isArray() ? names("target_modules") : List.of(),
          names("modules_to_save"));
    }

    private static boolean isOff(JsonNode value) {
      return value.isMissingNode()
          || value.isNull()
          || (value.isBoolean() && !value.booleanValue())
          || (value.isContainerNode() && value.isEmpty());
    }

    private void require(boolean holds, String key, String expected) throws MalformedFileException {
      if (!holds) {
        throw bad(key, expected, root.path(key));
      }
    }

    private MalformedFileException bad(String key, String expected, JsonNode found) {
      return new MalformedFileException(
          file, key + " to be " + expected, found.isMissingNode() ? "nothing" : found);
    }

    private int rank(String key, JsonNode value) throws MalformedFileException {
      boolean fits = value.canConvertToInt() && value.isIntegralNumber();
      if (!fits || value.intValue() < 1 || value.intValue() > MAX_RANK) {
        throw bad(key, "a whole number from 1 to " + MAX_RANK, value);
      }
      return value.intValue();
    }

    private double alpha(String key, JsonNode value) throws MalformedFileException {
      if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
        throw bad(key, "a number", value);
      }
      return value.doubleValue();
    }

    private boolean flag(String key) throws MalformedFileException {
      JsonNode value = root.path(key);
      boolean absent = value.isMissingNode() || value.isNull();
      require(absent || value.isBoolean(), key, "true or false");
      return value.asBoolean(false);
    }

    private List<String> names(String key) throws MalformedFileException {
      JsonNode value = root.path(key);
      boolean absent = value.isMissingNode() || value.isNull();
      require(absent || value.isArray(), key, "a list of names");
      List<String> names = new ArrayList<>();
      for (JsonNode name : value) {
        if (!name.isTextual()) {
          throw bad(key, "a list of names", value);
        }
        names.add(name.textValue());
      }
      return names;
    }

    /** PEFT takes a key for a regular expression of the end of a module's name. */
    private <T> Map<Pattern, T> patterns(String key, Value<T> value) throws MalformedFileException {
      JsonNode entries = root.path(key);
      require(entries.isMissingNode() || entries.isNull() || entries.isObject(), key, "an object");
      Map<Pattern, T> patterns = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> entry : entries.properties()) {
        String name = key + "." + entry.getKey();
        try {
          require(Steps.isModest(entry.getKey()), key, "under short regular expressions");
          Pattern pattern = Pattern.compile("(.*\\.)?(" + entry.getKey() + ")");
          patterns.put(pattern, value.read(name, entry.getValue()));
        } catch (PatternSyntaxException | StackOverflowError e) {
          throw bad(name, "under a regular expression", entry.getValue());
        }
      }
      return patterns;
    }
  }

  /** Reads the value of a key. */
  private interface Value<T> {
    T read(String key, JsonNode value) throws MalformedFileException;
  }
}
