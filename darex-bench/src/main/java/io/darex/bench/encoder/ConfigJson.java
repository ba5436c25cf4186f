package io.darex.bench.encoder;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** {@link EncoderConfig} in the words of transformers, whose families use different keys. */
final class ConfigJson {
  /** Python writes NaN and Infinity where JSON has no such numbers. */
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private static final String BARE = "Model";
  private static final String CLASSIFIER = "ForSequenceClassification";

  private static final String REGRESSION = "regression";
  private static final String CLASSES = "single_label_classification";

  /** One class is in these models what one of several is in the others: the largest score wins. */
  private static final String MANY = "multi_label_classification";

  /** More classes than any model has, few enough to hold their names. */
  private static final int MOST_CLASSES = 1 << 20;

  /** DistilBERT has it in its code, not in its config. */
  private static final double EPSILON = 1e-12;

  private ConfigJson() {}

  /** What a family calls the values that all have. */
  private record Keys(
      String hidden,
      String layers,
      String heads,
      String intermediate,
      String activation,
      String hiddenDropout,
      String attentionDropout,
      String classifierDropout) {
    static Keys of(Family family) {
      return family == Family.DISTILBERT
          ? new Keys(
              "dim",
              "n_layers",
              "n_heads",
              "hidden_dim",
              "activation",
              "dropout",
              "attention_dropout",
              "seq_classif_dropout")
          : new Keys(
              "hidden_size",
              "num_hidden_layers",
              "num_attention_heads",
              "intermediate_size",
              "hidden_act",
              "hidden_dropout_prob",
              "attention_probs_dropout_prob",
              "classifier_dropout");
    }
  }

  /**
   * Reads the text of a {@code config.json}.
   *
   * @param hasHead whether a model of the family, whose {@code architectures} are not stated, has a
   *     head for classes
   */
  static EncoderConfig read(String json, Predicate<Family> hasHead) {
    JsonNode root;
    try {
      root = JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("config.json is not JSON: " + e.getOriginalMessage(), e);
    }
    if (!root.isObject()) {
      throw new IllegalArgumentException("config.json must hold a JSON object");
    }
    Reader in = new Reader(root, new ArrayList<>());
    Family family = in.family();
    Keys keys = Keys.of(family);
    boolean distil = family == Family.DISTILBERT;
    in.only("position_embedding_type", "absolute");
    in.only("is_decoder", "false");
    in.only("is_encoder_decoder", "false");
    in.only("add_cross_attention", "false");
    in.absent("pruned_heads");
    in.absent("quantization_config");
    boolean classifier = in.classifier(family, hasHead);
    int vocabulary = in.integer("vocab_size");
    int hidden = in.integer(keys.hidden());
    int embedding = family == Family.ELECTRA ? in.integer("embedding_size") : hidden;
    int layers = in.integer(keys.layers());
    int heads = in.integer(keys.heads());
    int intermediate = in.integer(keys.intermediate());
    int positions = in.integer("max_position_embeddings");
    int types = distil ? 0 : in.integer("type_vocab_size");
    int padToken = in.integer("pad_token_id", family.body() == Family.ROBERTA ? 1 : 0);
    Activation activation = in.activation(keys.activation());
    double epsilon = distil ? EPSILON : in.number("layer_norm_eps", EPSILON);
    double hiddenDropout = in.number(keys.hiddenDropout(), 0.1);
    double attentionDropout = in.number(keys.attentionDropout(), 0.1);
    double classifierDropout = in.number(keys.classifierDropout(), distil ? 0.2 : hiddenDropout);
    List<String> labels = classifier ? in.labels() : List.of();
    EncoderConfig.refuse(in.faults);
    return EncoderConfig.builder()
        .family(family)
        .vocabSize(vocabulary)
        .embeddingSize(embedding)
        .hiddenSize(hidden)
        .layers(layers)
        .heads(heads)
        .intermediateSize(intermediate)
        .maxPositions(positions)
        .typeVocabSize(types)
        .padToken(padToken)
        .activation(activation)
        .layerNormEps(epsilon)
        .hiddenDropout(hiddenDropout)
        .attentionDropout(attentionDropout)
        .classifierDropout(classifierDropout)
        .labels(labels)
        .build();
  }

  static String write(EncoderConfig config) {
    Family family = config.family();
    Keys keys = Keys.of(family);
    ObjectNode root = JSON.createObjectNode();
    String model = config.classes() == 0 ? BARE : CLASSIFIER;
    root.putArray("architectures").add(family.className() + model);
    root.put("model_type", family.modelType());
    root.put("vocab_size", config.vocabSize());
    if (family == Family.ELECTRA) {
      root.put("embedding_size", config.embeddingSize());
    }
    root.put(keys.hidden(), config.hiddenSize());
    root.put(keys.layers(), config.layers());
    root.put(keys.heads(), config.heads());
    root.put(keys.intermediate(), config.intermediateSize());
    root.put(keys.activation(), config.activation().names().get(0));
    root.put("max_position_embeddings", config.maxPositions());
    if (family != Family.DISTILBERT) {
      root.put("type_vocab_size", config.typeVocabSize());
      root.put("layer_norm_eps", config.layerNormEps());
    }
    root.put(keys.hiddenDropout(), config.hiddenDropout());
    root.put(keys.attentionDropout(), config.attentionDropout());
    root.put(keys.classifierDropout(), config.classifierDropout());
    if (family != Family.DISTILBERT) {
      root.put("position_embedding_type", "absolute");
    }
    root.put("pad_token_id", config.padToken());
    root.put("torch_dtype", "float32");
    if (config.classes() > 0) {
      root.put("problem_type", config.isRegression() ? REGRESSION : CLASSES);
      ObjectNode names = root.putObject("id2label");
      ObjectNode ids = root.putObject("label2id");
      for (int i = 0; i < config.classes(); i++) {
        names.put(Integer.toString(i), config.labels().get(i));
        ids.put(config.labels().get(i), i);
      }
    }
    return root.toPrettyString() + "\n";
  }

  private record Reader(JsonNode root, List<String> faults) {
    /** Absent means the default, which is the supported value. */
    void only(String key, String supported) {
      JsonNode value = root.path(key);
      if (!isAbsent(value) && !value.asText().equals(supported)) {
        faults.add(key + " must be " + supported + ": " + value.asText());
      }
    }

    /** Absent, null or empty. */
    void absent(String key) {
      JsonNode value = root.path(key);
      if (!isAbsent(value) && !(value.isContainerNode() && value.isEmpty())) {
        faults.add(key + " must be absent: " + value);
      }
    }

    private static boolean isAbsent(JsonNode value) {
      return value.isMissingNode() || value.isNull();
    }

    /** A config without model type is BERT's, as the files of 2018 are. */
    Family family() {
      String type = root.path("model_type").asText(Family.BERT.modelType());
      return Family.ofModelType(type)
          .orElseGet(
              () -> {
                String known =
                    Arrays.stream(Family.values())
                        .map(Family::modelType)
                        .collect(Collectors.joining(", "));
                faults.add("model_type must be one of " + known + ": " + type);
                return Family.BERT;
              });
    }

    /**
     * Whether the model ends in a head for classes; another head is not read. A model's name begins
     * with that of a family of the same body, for some of XLM-RoBERTa's are called RoBERTa's.
     */
    boolean classifier(Family family, Predicate<Family> hasHead) {
      JsonNode name = root.path("architectures").path(0);
      if (isAbsent(name)) {
        return hasHead.test(family);
      }
      List<String> known =
          Arrays.stream(Family.values())
              .filter(each -> each.body() == family.body())
              .map(Family::className)
              .toList();
      if (known.stream().noneMatch(name.asText()::startsWith)) {
        faults.add(
            "architectures must name a model of "
                + String.join(" or ", known)
                + ", such as "
                + family.className()
                + CLASSIFIER
                + ": "
                + name.asText());
      }
      return name.asText().endsWith(CLASSIFIER);
    }

    Activation activation(String key) {
      String name = root.path(key).asText("gelu");
      Optional<Activation> activation = Activation.named(name);
      if (activation.isEmpty()) {
        String known =
            Arrays.stream(Activation.values())
                .flatMap(each -> each.names().stream())
                .sorted()
                .collect(Collectors.joining(", "));
        faults.add(key + " must be one of " + known + ": " + name);
      }
      return activation.orElse(Activation.GELU);
    }

    int integer(String key, int absent) {
      return isAbsent(root.path(key)) ? absent : integer(key);
    }

    int integer(String key) {
      JsonNode value = root.path(key);
      if (!value.isIntegralNumber() || !value.canConvertToInt()) {
        faults.add(key + " must be an integer: " + (value.isMissingNode() ? "missing" : value));
        return 1;
      }
      return value.intValue();
    }

    double number(String key, double absent) {
      JsonNode value = root.path(key);
      if (isAbsent(value)) {
        return absent;
      }
      if (!value.isNumber()) {
        faults.add(key + " must be a number: " + value);
      }
      return value.asDouble();
    }

    /**
     * {@code id2label} rules over {@code num_labels}, as in transformers; both absent means 2. One
     * label is a regression, and a regression has one label.
     */
    List<String> labels() {
      List<String> labels = names();
      JsonNode stated = root.path("problem_type");
      if (isAbsent(stated)) {
        return labels;
      }
      String problem = stated.asText();
      if (!List.of(REGRESSION, CLASSES, MANY).contains(problem)) {
        faults.add(
            "problem_type must be "
                + String.join(", ", CLASSES, MANY)
                + " or "
                + REGRESSION
                + ": "
                + problem);
      } else if (problem.equals(REGRESSION) != (labels.size() == 1)) {
        faults.add("problem_type " + problem + " does not go with " + labels.size() + " labels");
      }
      return labels;
    }

    /**
     * The names of {@code id2label}; where it is absent or has those that transformers gives by
     * itself, those of {@code label2id}.
     */
    private List<String> names() {
      Optional<List<String>> byId = byId();
      List<String> unnamed = numbered(byId.map(List::size).orElseGet(this::count));
      if (byId.isPresent() && !byId.get().equals(unnamed)) {
        return byId.get();
      }
      Optional<List<String>> named = byName();
      boolean counted = byId.isPresent() || !isAbsent(root.path("num_labels"));
      return named.isPresent() && (!counted || named.get().size() == unnamed.size())
          ? named.get()
          : unnamed;
    }

    private int count() {
      int count = integer("num_labels", 2);
      if (count < 1 || count > MOST_CLASSES) {
        faults.add("num_labels must lie in [1, " + MOST_CLASSES + "]: " + count);
        return 1;
      }
      return count;
    }

    private static List<String> numbered(int count) {
      return IntStream.range(0, count).mapToObj(i -> "LABEL_" + i).toList();
    }

    /** Python's numbers and truth values are names too. */
    private Optional<List<String>> byId() {
      JsonNode names = root.path("id2label");
      if (isAbsent(names)) {
        return Optional.empty();
      }
      if (!names.isObject() || names.isEmpty()) {
        faults.add("id2label must be an object of names by number: " + names);
        return Optional.empty();
      }
      List<String> labels = new ArrayList<>();
      for (int i = 0; i < names.size(); i++) {
        JsonNode name = names.path(Integer.toString(i));
        if (!name.isValueNode() || isAbsent(name)) {
          faults.add("id2label must name every class from 0 to " + (names.size() - 1) + ": " + i);
        }
        labels.add(name.asText());
      }
      return Optional.of(labels);
    }

    /** What {@code label2id} says, where it gives each class from 0 on one name. */
    private Optional<List<String>> byName() {
      JsonNode ids = root.path("label2id");
      String[] labels = new String[ids.size()];
      for (Map.Entry<String, JsonNode> entry : ids.properties()) {
        int id = entry.getValue().asInt(-1);
        if (id < 0 || id >= labels.length || labels[id] != null) {
          return Optional.empty();
        }
        labels[id] = entry.getKey();
      }
      return labels.length == 0 ? Optional.empty() : Optional.of(List.of(labels));
    }
  }
}
