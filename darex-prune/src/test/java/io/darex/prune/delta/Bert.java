package io.darex.prune.delta;

import io.darex.prune.NameOrder;
import java.util.SortedMap;
import java.util.TreeMap;

/** Names and shapes of BERT-base, as Hugging Face has them. */
final class Bert {
  private Bert() {}

  /** The encoder with its pooler, without a head. */
  static SortedMap<String, long[]> shapes(int layers) {
    SortedMap<String, long[]> shapes = new TreeMap<>(NameOrder.BY_UTF8);
    String embeddings = "bert.embeddings.";
    shapes.put(embeddings + "word_embeddings.weight", new long[] {30_522, 768});
    shapes.put(embeddings + "position_embeddings.weight", new long[] {512, 768});
    shapes.put(embeddings + "token_type_embeddings.weight", new long[] {2, 768});
    layer(shapes, embeddings + "LayerNorm", 768);
    for (int i = 0; i < layers; i++) {
      String layer = "bert.encoder.layer." + i + ".";
      for (String part : new String[] {"query", "key", "value"}) {
        layer(shapes, layer + "attention.self." + part, 768, 768);
      }
      layer(shapes, layer + "attention.output.dense", 768, 768);
      layer(shapes, layer + "attention.output.LayerNorm", 768);
      layer(shapes, layer + "intermediate.dense", 3072, 768);
      layer(shapes, layer + "output.dense", 768, 3072);
      layer(shapes, layer + "output.LayerNorm", 768);
    }
    layer(shapes, "bert.pooler.dense", 768, 768);
    return shapes;
  }

  private static void layer(SortedMap<String, long[]> shapes, String name, long... weight) {
    shapes.put(name + ".weight", weight);
    shapes.put(name + ".bias", new long[] {weight[0]});
  }
}
