package io.darex.bench.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code config.json} files hold in the wild, and whether the weights bear them out. */
class ConfigJsonTest {
  private static final EncoderConfig TINY = TinyBert.CONFIG;

  private static EncoderConfig of(Checkpoint checkpoint, String json) {
    return EncoderConfig.of(new InMemoryCheckpoint(checkpoint.tensors(), Optional.of(json)));
  }

  private static EncoderConfig tiny(String json) {
    return of(TinyBert.checkpoint(TINY, 1), json);
  }

  /** The config of {@link TinyBert} with another text in one place. */
  private static String with(String pattern, String replacement) {
    String json = TINY.toJson().replaceFirst("(?s)" + pattern, replacement);
    assertThat(json).isNotEqualTo(TINY.toJson());
    return json;
  }

  private static final String NAMES = "\"id2label\" : \\{.*?\\},\\s*\"label2id\" : \\{.*?\\}";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'id2label': {'0': 0, '1': 1, '2': 2} | 0 1 2",
        "'id2label': {'0': true, '1': 2.5, '2': 'x'} | true 2.5 x",
        "'label2id': {'b': 1, 'a': 0, 'c': 2} | a b c",
        "'id2label': null, 'label2id': {'b': 1, 'a': 0} | a b",
        "'id2label': {'0': 'LABEL_0', '1': 'LABEL_1'}, 'label2id': {'b': 1, 'a': 0} | a b",
        "'id2label': {'0': 'x', '1': 'y'}, 'label2id': {'b': 1, 'a': 0} | x y",
        "'num_labels': 3, 'label2id': {'b': 1, 'a': 1} | LABEL_0 LABEL_1 LABEL_2",
        "'_num_labels': 3 | LABEL_0 LABEL_1",
        "'id2label': null | LABEL_0 LABEL_1",
      })
  void classesAreNamedAsTheFileSays(String said, String labels) {
    EncoderConfig config = tiny(with(NAMES, said.replace('\'', '"')));
    assertThat(config.labels()).containsExactly(labels.split(" "));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'id2label': ['a', 'b'] | id2label must be an object of names by number: [\"a\",\"b\"]",
        "'id2label': {} | id2label must be an object of names by number: {}",
        "'id2label': {'0': null} | id2label must name every class from 0 to 0: 0",
        "'id2label': {'0': ['a']} | id2label must name every class from 0 to 0: 0",
        "'num_labels': 2147483647 | num_labels must lie in [1, 1048576]: 2147483647",
        "'num_labels': 0 | num_labels must lie in [1, 1048576]: 0",
        "'vocab_size': 11 | Duplicate field 'vocab_size'",
      })
  void whatCannotBeIsRefused(String said, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> tiny(with(NAMES, said.replace('\'', '"'))))
        .withMessageContaining(message);
  }

  @Test
  void numbersThatJsonHasNotArePassedOver() {
    String json = with("\\{", "{\"layerdrop\": NaN, \"a\": Infinity, \"b\": [-Infinity],");
    assertThat(tiny(json)).isEqualTo(TINY);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> tiny(with("\"layer_norm_eps\" : 0.001", "\"layer_norm_eps\": NaN")))
        .withMessageContaining("layer_norm_eps must lie in (0, 1): NaN");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"x\": []", "\"architectures\": null", "\"architectures\": []"})
  void withoutArchitecturesTheTensorsSayWhetherThereIsAHead(String said) {
    String json = with("\"architectures\" : \\[.*?\\]", said);
    assertThat(tiny(json)).isEqualTo(TINY);
    Checkpoint bare = TinyBert.checkpoint(TINY.withLabels(List.of()), 1);
    assertThat(of(bare, json)).isEqualTo(TINY.withLabels(List.of()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"TokenClassification", "QuestionAnswering", "MultipleChoice", "MaskedLM", "Other"})
  void anyOtherHeadIsNotRead(String head) {
    EncoderConfig config = tiny(TINY.toJson().replace("SequenceClassification", head));
    assertThat(config).isEqualTo(TINY.withLabels(List.of()));
  }

  @Test
  void robertasLikesHaveItsTensorsAndStayWhatTheyAre() {
    for (Family family : List.of(Family.XLM_ROBERTA, Family.CAMEMBERT)) {
      EncoderConfig config = Sample.architecture(family, Activation.GELU, 2, 1);
      Checkpoint checkpoint = TinyBert.checkpoint(config.withLabels(List.of("a", "b")), 1);
      assertThat(checkpoint.tensors()).containsKey("roberta.embeddings.word_embeddings.weight");
      assertThat(EncoderConfig.of(checkpoint)).isEqualTo(config.withLabels(List.of("a", "b")));
      String name = family == Family.CAMEMBERT ? "Camembert" : "XLMRoberta";
      assertThat(config.toJson()).contains(name + "ForSequenceClassification");
      String old = checkpoint.config().orElseThrow().replace(name + "For", "RobertaFor");
      assertThat(of(checkpoint, old).family()).isEqualTo(family);
    }
    String missing =
        Sample.architecture(Family.XLM_ROBERTA, Activation.GELU, 2, 1)
            .toJson()
            .replaceFirst("\"pad_token_id\" : \\d+,", "");
    assertThat(EncoderConfig.fromJson(missing).padToken()).isEqualTo(1);
  }

  /** None of these sizes fits into memory: whoever allocates first dies of it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "vocab_size | word_embeddings.weight: expected [2147483644, 8], got [11, 8]",
        "max_position_embeddings | position_embeddings.weight: expected [2147483644, 8], got [6,"
            + " 8]",
        "type_vocab_size | token_type_embeddings.weight: expected [2147483644, 8], got [2, 8]",
        "hidden_size | LayerNorm.bias: expected [2147483644], got [8]",
        "intermediate_size | intermediate.dense.bias: expected [2147483644], got [12]",
        "num_hidden_layers | num_hidden_layers 2147483644, of 41 tensors",
      })
  void sizesAreHeldAgainstTheWeightsBeforeAnythingIsAllocated(String key, String message) {
    String json = with("\"" + key + "\" : \\d+", "\"" + key + "\" : 2147483644");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> tiny(json))
        .withMessageContaining("checkpoint does not fit the encoder: ")
        .withMessageContaining(message);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new DirectEncoder(EncoderConfig.fromJson(json), TinyBert.checkpoint(TINY, 1), 0, 1))
        .withMessageContaining(message);
  }

  @Test
  void namesThatBeginOtherwiseAreSaid() {
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    TinyBert.checkpoint(TINY, 1)
        .tensors()
        .forEach(
            (name, tensor) -> {
              float[] values = new float[(int) tensor.count()];
              Arrays.fill(values, 1);
              String moved = "module." + name;
              tensors.put(moved, new FloatTensor(moved, tensor.shape(), values));
            });
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> EncoderConfig.of(new InMemoryCheckpoint(tensors, Optional.of(TINY.toJson()))))
        .withMessageContaining("bert.embeddings.LayerNorm.bias: missing")
        .withMessageContaining("and 32 more; its names begin with module.bert., expected bert.");
  }
}
