package io.darex.bench.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class EncoderConfigTest {
  private static final EncoderConfig BARE =
      new EncoderConfig(100, 12, 3, 4, 20, 64, 2, 1e-12, 0.1, 0.2, 0.3, List.of());

  /** What transformers writes for a fine-tuned BERT, shortened. */
  private static final String FINE_TUNED =
      """
      {"architectures": ["BertForSequenceClassification"], "model_type": "bert",
       "attention_probs_dropout_prob": 0.1, "classifier_dropout": null, "hidden_act": "gelu",
       "hidden_dropout_prob": 0.2, "hidden_size": 12, "initializer_range": 0.02,
       "id2label": {"0": "unacceptable", "1": "acceptable"},
       "label2id": {"acceptable": 1, "unacceptable": 0}, "intermediate_size": 20,
       "layer_norm_eps": 1e-12, "max_position_embeddings": 64, "num_attention_heads": 4,
       "num_hidden_layers": 3, "pad_token_id": 0, "position_embedding_type": "absolute",
       "type_vocab_size": 2, "use_cache": true, "vocab_size": 100}
      """;

  @Test
  void comesBackFromItsOwnJson() {
    assertThat(EncoderConfig.fromJson(BARE.toJson())).isEqualTo(BARE);
    EncoderConfig classifier = BARE.withLabels(List.of("no", "yes", "perhaps"));
    assertThat(EncoderConfig.fromJson(classifier.toJson())).isEqualTo(classifier);
    assertThat(BARE.toJson()).contains("\"BertModel\"").doesNotContain("id2label");
    assertThat(classifier.toJson())
        .contains("\"BertForSequenceClassification\"", "\"perhaps\" : 2", "\"2\" : \"perhaps\"");
  }

  @Test
  void readsWhatTransformersWrites() {
    EncoderConfig config = EncoderConfig.fromJson(FINE_TUNED);
    assertThat(config)
        .isEqualTo(
            new EncoderConfig(
                100,
                12,
                3,
                4,
                20,
                64,
                2,
                1e-12,
                0.2,
                0.1,
                0.2,
                List.of("unacceptable", "acceptable")));
  }

  @Test
  void countsClassesWhereTheyHaveNoNames() {
    String named = "\"id2label\": {\"0\": \"unacceptable\", \"1\": \"acceptable\"},";
    assertThat(EncoderConfig.fromJson(FINE_TUNED.replace(named, "\"num_labels\": 3,")).labels())
        .containsExactly("LABEL_0", "LABEL_1", "LABEL_2");
    String byName = FINE_TUNED.replace(named, "");
    assertThat(EncoderConfig.fromJson(byName).labels())
        .containsExactly("unacceptable", "acceptable");
    assertThat(EncoderConfig.fromJson(byName.replace("label2id", "x")).labels())
        .containsExactly("LABEL_0", "LABEL_1");
  }

  @Test
  void readsTheOtherFamiliesInTheirOwnWords() {
    EncoderConfig roberta =
        EncoderConfig.fromJson(
            FINE_TUNED
                .replace("\"bert\"", "\"roberta\"")
                .replace("BertFor", "RobertaFor")
                .replace("\"gelu\"", "\"gelu_pytorch_tanh\"")
                .replace("\"pad_token_id\": 0", "\"pad_token_id\": 1"));
    assertThat(roberta.family()).isEqualTo(Family.ROBERTA);
    assertThat(roberta.activation()).isEqualTo(Activation.GELU_TANH);
    assertThat(roberta.maxTokens()).isEqualTo(62);
    EncoderConfig electra =
        EncoderConfig.fromJson(
            FINE_TUNED
                .replace("\"bert\"", "\"electra\"")
                .replace("BertFor", "ElectraFor")
                .replace("\"vocab_size\"", "\"embedding_size\": 5, \"vocab_size\""));
    assertThat(electra.family()).isEqualTo(Family.ELECTRA);
    assertThat(electra.embeddingSize()).isEqualTo(5);
    EncoderConfig distil =
        EncoderConfig.fromJson(
            """
            {"architectures": ["DistilBertForMaskedLM"], "model_type": "distilbert", "dim": 12,
             "n_layers": 3, "n_heads": 4, "hidden_dim": 20, "activation": "relu", "dropout": 0.05,
             "attention_dropout": 0.06, "seq_classif_dropout": 0.07, "vocab_size": 100,
             "max_position_embeddings": 64, "pad_token_id": 0, "sinusoidal_pos_embds": false}
            """);
    assertThat(distil)
        .isEqualTo(
            EncoderConfig.builder()
                .family(Family.DISTILBERT)
                .vocabSize(100)
                .embeddingSize(12)
                .hiddenSize(12)
                .layers(3)
                .heads(4)
                .intermediateSize(20)
                .maxPositions(64)
                .typeVocabSize(0)
                .padToken(0)
                .activation(Activation.RELU)
                .layerNormEps(1e-12)
                .hiddenDropout(0.05)
                .attentionDropout(0.06)
                .classifierDropout(0.07)
                .labels(List.of())
                .build());
    for (EncoderConfig config : List.of(roberta, electra, distil)) {
      assertThat(EncoderConfig.fromJson(config.toJson())).isEqualTo(config);
      EncoderConfig regression = config.withLabels(List.of("score"));
      assertThat(regression.toJson()).contains("\"regression\"");
      assertThat(EncoderConfig.fromJson(regression.toJson())).isEqualTo(regression);
    }
    assertThat(distil.toJson()).contains("\"DistilBertModel\"", "\"dim\" : 12");
  }

  @Test
  void oneLabelIsARegression() {
    String one = FINE_TUNED.replace(", \"1\": \"acceptable\"", "");
    assertThat(EncoderConfig.fromJson(one).isRegression()).isTrue();
    refuses(
        one.replace("\"use_cache\"", "\"problem_type\": \"single_label_classification\", \"x\""),
        "problem_type single_label_classification does not go with 1 labels");
    refuses(
        FINE_TUNED.replace("\"use_cache\"", "\"problem_type\": \"ranking\", \"x\""),
        "problem_type must be single_label_classification, multi_label_classification or"
            + " regression: ranking");
    String many =
        FINE_TUNED.replace(
            "\"use_cache\"", "\"problem_type\": \"multi_label_classification\", \"x\"");
    assertThat(EncoderConfig.fromJson(many)).isEqualTo(EncoderConfig.fromJson(FINE_TUNED));
  }

  @Test
  void namesEveryUnsupportedValue() {
    refuses(
        FINE_TUNED
            .replace("\"gelu\"", "\"prelu\"")
            .replace("\"absolute\"", "\"relative_key\"")
            .replace("\"use_cache\"", "\"is_decoder\": true, \"pruned_heads\": {\"0\": [1]}, \"x\"")
            .replace("\"model_type\": \"bert\"", "\"model_type\": \"albert\""),
        "hidden_act must be one of gelu, gelu_10, gelu_accurate, gelu_fast, ",
        ": prelu",
        "position_embedding_type must be absolute: relative_key",
        "is_decoder must be false: true",
        "pruned_heads must be absent: {\"0\":[1]}",
        "model_type must be one of bert, roberta, xlm-roberta, camembert, distilbert, electra:"
            + " albert");
    refuses(
        FINE_TUNED.replace("BertForSeq", "RobertaForSeq"),
        "architectures must name a model of Bert, such as BertForSequenceClassification: Roberta");
  }

  @Test
  void namesEveryMissingOrImpossibleValue() {
    refuses(
        FINE_TUNED
            .replace("\"vocab_size\"", "\"voc\"")
            .replace("\"hidden_size\": 12", "\"hidden_size\": 1.5"),
        "vocab_size must be an integer: missing",
        "hidden_size must be an integer: 1.5");
    refuses(
        FINE_TUNED.replace("\"hidden_size\": 12", "\"hidden_size\": 14"),
        "hidden_size must be a multiple of num_attention_heads: 14, 4");
    refuses(
        FINE_TUNED.replace("\"hidden_dropout_prob\": 0.2", "\"hidden_dropout_prob\": 1"),
        "hidden_dropout_prob must lie in [0, 1): 1.0");
    refuses(FINE_TUNED.replace("\"1\": \"acc", "\"2\": \"acc"), "id2label must name every class");
    refuses("{", "config.json is not JSON");
    refuses("[]", "config.json must hold a JSON object");
  }

  private static void refuses(String json, String... messages) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> EncoderConfig.fromJson(json))
        .satisfies(e -> assertThat(e.getMessage()).contains(messages));
  }
}
