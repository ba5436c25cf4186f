package io.darex.bench.encoder;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** {@link EncoderConfig} in the words of transformers, whose families use different keys. */
final class ConfigJson {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String BARE = "Model";
  private static final String CLASSIFIER = "ForSequenceClassification";

  /** Models that hold an encoder: their heads, other than for classes, are not read. */
  private static final List<String> MODELS =
      List.of(BARE, CLASSIFIER, "ForMaskedLM", "ForPreTraining");

  private static final String REGRESSION = "regression";
  private static final String CLASSES = "single_label_classification";

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

  static EncoderConfig read(String json) {
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
    String model = in.model(family);
    int vocabulary = in.integer("vocab_size");
    int hidden = in.integer(keys.hidden());
    int embedding = family == Family.ELECTRA ? in.integer("embedding_size") : hidden;
    int layers = in.integer(keys.layers());
    int heads = in.integer(keys.heads());
    int intermediate = in.integer(keys.intermediate());
    int positions = in.integer("max_position_embeddings");
    int types = distil ? 0 : in.integer("type_vocab_size");
    int padToken = in.integer("pad_token_id", family == Family.ROBERTA ? 1 : 0);
    Activation activation = in.activation(keys.activation());
    double epsilon = distil ? EPSILON : in.number("layer_norm_eps", EPSILON);
    double hiddenDropout = in.number(keys.hiddenDropout(), 0.1);
    double attentionDropout = in.number(keys.attentionDropout(), 0.1);
    double classifierDropout = in.number(keys.classifierDropout(), distil ? 0.2 : hiddenDropout);
    List<String> labels = model.equals(CLASSIFIER) ? in.labels() : List.of();
    EncoderConfig.refuse(in.faults);
    return new EncoderConfig(
        family,
        vocabulary,
        embedding,
        hidden,
        layers,
        heads,
        intermediate,
        positions,
        types,
        padToken,
        activation,
        epsilon,
        hiddenDropout,
        attentionDropout,
        classifierDropout,
        labels);
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

    /** The model class without the family's name. */
    String model(Family family) {
      String name = root.path("architectures").path(0).asText(family.className() + BARE);
      String model =
          name.startsWith(family.className()) ? name.substring(family.className().length()) : "";
      if (!MODELS.contains(model)) {
        String known =
            MODELS.stream().map(m -> family.className() + m).collect(Collectors.joining(", "));
        faults.add("architectures must be one of " + known + ": " + name);
      }
      return model;
    }

    Activation activation(String key) {
      String name = root.path(key).asText("gelu");
      Set<String> known = new TreeSet<>();
      for (Activation activation : Activation.values()) {
        if (activation.names().contains(name)) {
          return activation;
        }
        known.addAll(activation.names());
      }
      faults.add(key + " must be one of " + String.join(", ", known) + ": " + name);
      return Activation.GELU;
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
      if (!problem.equals(REGRESSION) && !problem.equals(CLASSES)) {
        faults.add("problem_type must be " + CLASSES + " or " + REGRESSION + ": " + problem);
      } else if (problem.equals(REGRESSION) != (labels.size() == 1)) {
        faults.add("problem_type " + problem + " does not go with " + labels.size() + " labels");
      }
      return labels;
    }

    private List<String> names() {
      JsonNode names = root.path("id2label");
      if (!names.isObject()) {
        int count = root.has("num_labels") ? integer("num_labels") : 2;
        return IntStream.range(0, Math.max(count, 1)).mapToObj(i -> "LABEL_" + i).toList();
      }
      List<String> labels = new ArrayList<>(Collections.nCopies(names.size(), ""));
      for (int i = 0; i < labels.size(); i++) {
        JsonNode name = names.path(Integer.toString(i));
        if (!name.isTextual()) {
          faults.add("id2label must name every class from 0 to " + (labels.size() - 1) + ": " + i);
        }
        labels.set(i, name.asText());
      }
      return labels;
    }
  }
}
