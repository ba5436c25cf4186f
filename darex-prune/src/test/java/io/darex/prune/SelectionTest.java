package io.darex.prune;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.darex.prune.Selection.Preset;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SelectionTest {
  private static List<String> chosen(Selection selection, String... names) {
    return Stream.of(names).filter(selection.asPredicate()).toList();
  }

  @Test
  void patternsMatchWholeNamesAndNothingInThemIsSpecialButTheStar() {
    String[] names = {"a.x.b", "a.x.bc", "a.x\ny.b", "a+x", "aax", "\\E.b", ""};
    assertThat(chosen(only("a.*.b"), names)).containsExactly("a.x.b", "a.x\ny.b");
    assertThat(chosen(only("a+*"), names)).containsExactly("a+x");
    assertThat(chosen(only("*"), names)).containsExactly(names);
    assertThat(chosen(only("\\E.*"), names)).containsExactly("\\E.b");
    assertThat(chosen(only(""), names)).containsExactly("");
  }

  @Test
  void prunesWhatOnlyTakesAndExcludeLeaves() {
    Selection selection = new Selection(Preset.ALL, List.of("a*", "b*"), List.of("*2", "*3"));
    assertThat(chosen(selection, "a1", "a2", "b1", "b3", "c1")).containsExactly("a1", "b1");
  }

  @Test
  void anEncoderIsPrunedButForItsTaskHead() {
    assertThat(
            chosen(
                Selection.ENCODER,
                "bert.embeddings.LayerNorm.weight",
                "classifier.weight",
                "classifier.dense.bias",
                "module._orig_mod.classifier.weight",
                "pre_classifier.weight"))
        .containsExactly("bert.embeddings.LayerNorm.weight", "pre_classifier.weight");
  }

  @Test
  void aDecoderIsPrunedInItsLayersMatrices() {
    assertThat(
            chosen(
                Selection.of(Preset.DECODER),
                "model.embed_tokens.weight",
                "model.layers.0.input_layernorm.weight",
                "model.layers.0.mlp.up_proj.weight",
                "model.layers.0.self_attn.q_proj.bias",
                "mlp.down_proj.weight",
                "model.layers.0.mlps.weight",
                "lm_head.weight"))
        .containsExactly(
            "model.layers.0.mlp.up_proj.weight",
            "model.layers.0.self_attn.q_proj.bias",
            "mlp.down_proj.weight");
  }

  @Test
  void patternsNarrowThePreset() {
    Selection selection = new Selection(Preset.DECODER, List.of("*.0.*"), List.of("*.bias"));
    assertThat(chosen(selection, "h.0.mlp.weight", "h.0.mlp.bias", "h.1.mlp.weight", "h.0.ln"))
        .containsExactly("h.0.mlp.weight");
  }

  @Test
  void findsPatternsThatMatchNothing() {
    Selection selection = new Selection(Preset.DECODER, List.of("a*", "b*"), List.of("*c", "*d"));
    assertThat(selection.problems(List.of("ac")))
        .containsExactly(
            "only pattern 'b*' matches no tensor of the tuned model",
            "exclude pattern '*d' matches no tensor of the tuned model");
    assertThat(Selection.of(Preset.DECODER).problems(List.of("ac"))).isEmpty();
  }

  @Test
  void describesItself() throws Exception {
    Selection selection = new Selection(Preset.ENCODER, List.of("a*"), List.of("b"));
    assertThat(new ObjectMapper().writeValueAsString(selection.parameters()))
        .isEqualTo("{\"preset\":\"encoder\",\"only\":[\"a*\"],\"exclude\":[\"b\"]}");
  }

  private static Selection only(String pattern) {
    return new Selection(Preset.ALL, List.of(pattern), List.of());
  }
}
