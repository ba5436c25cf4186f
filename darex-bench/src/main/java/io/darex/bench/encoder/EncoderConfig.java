package io.darex.bench.encoder;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import lombok.With;

/**
 * The architecture of a BERT encoder, as its Hugging Face {@code config.json} states it.
 *
 * @param vocabSize rows of the word embeddings
 * @param hiddenSize width of every token's vector, a multiple of {@code heads}
 * @param layers number of transformer layers
 * @param heads attention heads per layer
 * @param intermediateSize width of the feed-forward layer
 * @param maxPositions longest sequence, in tokens
 * @param typeVocabSize number of token types (segments)
 * @param layerNormEps ε of layer normalisation
 * @param hiddenDropout dropout rate of embeddings and of each sub-layer's output
 * @param attentionDropout dropout rate of attention probabilities
 * @param classifierDropout dropout rate before the classification head
 * @param labels names of the classes, in order; empty for an encoder without a head
 */
public record EncoderConfig(
    int vocabSize,
    int hiddenSize,
    int layers,
    int heads,
    int intermediateSize,
    int maxPositions,
    int typeVocabSize,
    double layerNormEps,
    @With double hiddenDropout,
    @With double attentionDropout,
    @With double classifierDropout,
    @With List<String> labels) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String BARE = "BertModel";
  private static final String CLASSIFIER = "BertForSequenceClassification";

  /**
   * @throws IllegalArgumentException naming every value that cannot be, one per line
   */
  public EncoderConfig {
    labels = List.copyOf(labels);
    List<String> faults = new ArrayList<>();
    positive("vocab_size", vocabSize, faults);
    positive("hidden_size", hiddenSize, faults);
    positive("num_hidden_layers", layers, faults);
    positive("num_attention_heads", heads, faults);
    positive("intermediate_size", intermediateSize, faults);
    positive("max_position_embeddings", maxPositions, faults);
    positive("type_vocab_size", typeVocabSize, faults);
    if (heads > 0 && hiddenSize % heads != 0) {
      faults.add(
          "hidden_size must be a multiple of num_attention_heads: " + hiddenSize + ", " + heads);
    }
    if (!(layerNormEps > 0 && layerNormEps < 1)) {
      faults.add("layer_norm_eps must lie in (0, 1): " + layerNormEps);
    }
    rate("hidden_dropout_prob", hiddenDropout, faults);
    rate("attention_probs_dropout_prob", attentionDropout, faults);
    rate("classifier_dropout", classifierDropout, faults);
    if (labels.size() == 1) {
      faults.add("num_labels must be 0 or at least 2: 1 (regression is not supported)");
    }
    refuse(faults);
  }

  /** The number of classes, 0 without a head. */
  public int classes() {
    return labels.size();
  }

  /** This encoder with one dropout rate everywhere; 0 makes its gradients deterministic. */
  public EncoderConfig withDropout(double rate) {
    return withHiddenDropout(rate).withAttentionDropout(rate).withClassifierDropout(rate);
  }

  /**
   * Reads the text of a {@code config.json}.
   *
   * @throws IllegalArgumentException if it is no JSON object, or naming every missing or
   *     unsupported value
   */
  public static EncoderConfig fromJson(String json) {
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
    in.only("model_type", "bert");
    in.only("hidden_act", "gelu");
    in.only("position_embedding_type", "absolute");
    in.only("is_decoder", "false");
    in.only("add_cross_attention", "false");
    String architecture = root.path("architectures").path(0).asText(BARE);
    if (!architecture.equals(BARE) && !architecture.equals(CLASSIFIER)) {
      in.faults.add("architectures must be " + BARE + " or " + CLASSIFIER + ": " + architecture);
    }
    int vocabulary = in.integer("vocab_size");
    int hidden = in.integer("hidden_size");
    int layers = in.integer("num_hidden_layers");
    int heads = in.integer("num_attention_heads");
    int intermediate = in.integer("intermediate_size");
    int positions = in.integer("max_position_embeddings");
    int types = in.integer("type_vocab_size");
    double epsilon = in.number("layer_norm_eps", 1e-12);
    double hiddenDropout = in.number("hidden_dropout_prob", 0.1);
    double attentionDropout = in.number("attention_probs_dropout_prob", 0.1);
    double classifierDropout = in.number("classifier_dropout", hiddenDropout);
    List<String> labels = architecture.equals(CLASSIFIER) ? in.labels() : List.of();
    refuse(in.faults);
    return new EncoderConfig(
        vocabulary,
        hidden,
        layers,
        heads,
        intermediate,
        positions,
        types,
        epsilon,
        hiddenDropout,
        attentionDropout,
        classifierDropout,
        labels);
  }

  /** The text of the {@code config.json} that transformers reads as this encoder. */
  public String toJson() {
    ObjectNode root = JSON.createObjectNode();
    root.putArray("architectures").add(labels.isEmpty() ? BARE : CLASSIFIER);
    root.put("model_type", "bert");
    root.put("vocab_size", vocabSize);
    root.put("hidden_size", hiddenSize);
    root.put("num_hidden_layers", layers);
    root.put("num_attention_heads", heads);
    root.put("intermediate_size", intermediateSize);
    root.put("hidden_act", "gelu");
    root.put("max_position_embeddings", maxPositions);
    root.put("type_vocab_size", typeVocabSize);
    root.put("layer_norm_eps", layerNormEps);
    root.put("hidden_dropout_prob", hiddenDropout);
    root.put("attention_probs_dropout_prob", attentionDropout);
    root.put("classifier_dropout", classifierDropout);
    root.put("position_embedding_type", "absolute");
    root.put("pad_token_id", 0);
    root.put("torch_dtype", "float32");
    if (!labels.isEmpty()) {
      root.put("problem_type", "single_label_classification");
      ObjectNode names = root.putObject("id2label");
      ObjectNode ids = root.putObject("label2id");
      for (int i = 0; i < labels.size(); i++) {
        names.put(Integer.toString(i), labels.get(i));
        ids.put(labels.get(i), i);
      }
    }
    return root.toPrettyString() + "\n";
  }

  private static void positive(String key, int value, List<String> faults) {
    if (value <= 0) {
      faults.add(key + " must be positive: " + value);
    }
  }

  private static void rate(String key, double value, List<String> faults) {
    if (!(value >= 0 && value < 1)) {
      faults.add(key + " must lie in [0, 1): " + value);
    }
  }

  private static void refuse(List<String> faults) {
    if (!faults.isEmpty()) {
      throw new IllegalArgumentException("unusable encoder config: " + String.join("; ", faults));
    }
  }

  private record Reader(JsonNode root, List<String> faults) {
    /** Absent means the default, which is the supported value. */
    void only(String key, String supported) {
      JsonNode value = root.path(key);
      if (!value.isMissingNode() && !value.isNull() && !value.asText().equals(supported)) {
        faults.add(key + " must be " + supported + ": " + value.asText());
      }
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
      if (value.isMissingNode() || value.isNull()) {
        return absent;
      }
      if (!value.isNumber()) {
        faults.add(key + " must be a number: " + value);
      }
      return value.asDouble();
    }

    /** {@code id2label} rules over {@code num_labels}, as in transformers; both absent means 2. */
    List<String> labels() {
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
