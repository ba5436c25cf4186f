package io.darex.bench.encoder;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The forward pass of every family as operations of PyTorch, whose autograd finds the way back.
 *
 * <p>The tokens of all texts are packed, as in {@link DirectEncoder}; for attention alone texts are
 * laid out side by side and padded. Masks of dropout are those of {@link Dropout}, so that a
 * training step does what it does there.
 */
final class TorchPass {
  /** Is told what enters the linear layers of this name. */
  interface Watcher {
    void enters(List<String> layers, Tensor x);
  }

  private final EncoderConfig config;
  private final TorchWeights weights;
  private final Slots slots;
  private final Pass pass;
  private final Packed packed;
  private final BesideDelta beside;
  private final Watcher watcher;
  private final int longest;

  /** The first token of each text, {@code [texts]}. */
  private final Tensor starts;

  /** The token at each place of the padded texts, {@code [texts · longest]}. */
  private final Tensor padded;

  /** The place of each token there, {@code [tokens]}. */
  private final Tensor places;

  /** 0 at tokens and −∞ at padding, {@code [texts, 1, 1, longest]}. */
  private final Tensor padding;

  /**
   * @param weights that have begun this pass
   * @param slots of the same parameters
   * @param beside what is beside them
   */
  TorchPass(
      EncoderConfig config,
      TorchWeights weights,
      Slots slots,
      Pass pass,
      BesideDelta beside,
      Watcher watcher) {
    this.config = config;
    this.weights = weights;
    this.slots = slots;
    this.pass = pass;
    this.beside = beside;
    this.watcher = watcher;
    packed = pass.packed();
    longest = packed.longest();
    int[] tokens = new int[packed.texts * longest];
    int[] back = new int[packed.tokens];
    float[] added = new float[tokens.length];
    for (int text = 0; text < packed.texts; text++) {
      for (int i = 0; i < longest; i++) {
        int place = text * longest + i;
        boolean real = i < packed.length(text);
        tokens[place] = packed.starts[text] + (real ? i : 0);
        added[place] = real ? 0 : Float.NEGATIVE_INFINITY;
        if (real) {
          back[tokens[place]] = place;
        }
      }
    }
    starts = indices(Arrays.copyOf(packed.starts, packed.texts));
    padded = indices(tokens);
    places = indices(back);
    padding = floats(added, packed.texts, 1, 1, longest);
  }

  /** The last layer's output, {@code [tokens, hidden]}. */
  Tensor hidden() {
    return throughLayers(false);
  }

  /** Of it the first token of each text, {@code [texts, hidden]}. */
  Tensor firsts() {
    return throughLayers(true);
  }

  /** The same, from all of it. */
  Tensor firsts(Tensor hidden) {
    return hidden.index_select(0, starts);
  }

  /** What the head's first layer gives, {@code [texts, hidden]}. */
  Tensor dense(Tensor firsts) {
    Family.Head head = config.family().head();
    double rate = head.dropsInput() ? config.classifierDropout() : 0;
    return linear(dropped(firsts, pass.dropout(Pass.HEAD_INPUT, rate), true), head.dense());
  }

  /** That layer's result after its activation function, {@code [texts, hidden]}. */
  Tensor activated(Tensor dense) {
    return TorchOps.activated(dense, config.family().head().activation());
  }

  /** The scores, {@code [texts, classes]}. */
  Tensor logits(Tensor activated) {
    Dropout dropout = pass.dropout(Pass.HEAD_OUTPUT, config.classifierDropout());
    return linear(dropped(activated, dropout, true), config.family().head().out());
  }

  private Tensor throughLayers(boolean firsts) {
    Tensor x = embedded();
    for (int i = 0; i < config.layers(); i++) {
      x = layer(i, x, firsts && i == config.layers() - 1);
    }
    return x;
  }

  private Tensor embedded() {
    Family family = config.family();
    Tensor sum = rows(family.words(), packed.ids).add(rows(family.positions(), packed.positions));
    if (config.typeVocabSize() > 0) {
      sum = sum.add(rows(family.types(), packed.types));
    }
    Dropout dropout = pass.dropout(Pass.EMBEDDINGS, config.hiddenDropout());
    Tensor x = dropped(normalised(sum, family.embeddingNorm()), dropout, false);
    return config.embeddingSize() == config.hiddenSize() ? x : linear(x, family.projection());
  }

  private Tensor rows(String table, int[] indices) {
    Tensor ids = indices(indices);
    Tensor rows = torch.embedding(weight(table), ids);
    return kept(table)
        .map(delta -> rows.index_add(1, columns(delta), matrix(delta).index_select(0, ids)))
        .orElse(rows);
  }

  /**
   * @param firsts whether only first tokens ask, and the result is theirs
   */
  private Tensor layer(int index, Tensor x, boolean firsts) {
    Family.LayerNames names = config.family().layer(index);
    Tensor asking = firsts ? firsts(x) : x;
    watcher.enters(List.of(names.query(), names.key(), names.value()), x);
    Tensor queries = product(asking, names.query());
    Tensor context =
        attention(index, queries, product(x, names.key()), product(x, names.value()), firsts);
    Dropout afterAttention = pass.dropout(index, Pass.ATTENTION, config.hiddenDropout());
    Tensor attended = dropped(linear(context, names.attentionOutput()), afterAttention, firsts);
    Tensor middle = normalised(attended.add(asking), names.attentionNorm());
    Tensor wide = TorchOps.activated(linear(middle, names.intermediate()), config.activation());
    Dropout afterOutput = pass.dropout(index, Pass.OUTPUT, config.hiddenDropout());
    Tensor output = dropped(linear(wide, names.output()), afterOutput, firsts);
    return normalised(output.add(middle), names.outputNorm());
  }

  private Tensor attention(int layer, Tensor q, Tensor k, Tensor v, boolean firsts) {
    double scale = 1 / Math.sqrt(config.hiddenSize() / (double) config.heads());
    Tensor queries = firsts ? byHeads(q, 1) : byHeads(q.index_select(0, padded), longest);
    Tensor keys = byHeads(k.index_select(0, padded), longest);
    Tensor values = byHeads(v.index_select(0, padded), longest);
    Tensor scores = matmul(queries, keys.transpose(2, 3));
    Tensor shares = torch.softmax(TorchOps.scaled(scores, scale).add(padding), -1);
    Dropout dropout = pass.dropout(layer, Pass.WEIGHTS, config.attentionDropout());
    if (dropout.acts()) {
      shares = shares.mul(mask(dropout, firsts));
    }
    Tensor context = matmul(shares, values).permute(0, 2, 1, 3).reshape(-1, config.hiddenSize());
    return firsts ? context : context.index_select(0, places);
  }

  private Tensor matmul(Tensor a, Tensor b) {
    return weights.inHalf()
        ? torch.matmul(halved(a), halved(b)).to(ScalarType.Float)
        : torch.matmul(a, b);
  }

  private static Tensor halved(Tensor x) {
    return x.to(ScalarType.BFloat16);
  }

  /** {@code [texts, heads, columns, width]} of {@code [texts · columns, hidden]}. */
  private Tensor byHeads(Tensor x, int columns) {
    int width = config.hiddenSize() / config.heads();
    return x.view(packed.texts, columns, config.heads(), width).permute(0, 2, 1, 3);
  }

  /** The mask of attention weights; what padding asks is read by nothing. */
  private Tensor mask(Dropout dropout, boolean firsts) {
    int heads = config.heads();
    int columns = firsts ? 1 : longest;
    float[] mask = ones(packed.texts * heads * columns * longest);
    for (int text = 0; text < packed.texts; text++) {
      int length = packed.length(text);
      for (int head = 0; head < heads; head++) {
        for (int query = 0; query < (firsts ? 1 : length); query++) {
          int at = ((text * heads + head) * columns + query) * longest;
          dropout.apply(Attention.maskRow(text, heads, head, query), mask, at, length);
        }
      }
    }
    return floats(mask, packed.texts, heads, columns, longest);
  }

  /** x after dropout; its rows are tokens, or texts. */
  private Tensor dropped(Tensor x, Dropout dropout, boolean firsts) {
    if (!dropout.acts()) {
      return x;
    }
    int rows = Math.toIntExact(x.size(0));
    int width = Math.toIntExact(x.size(1));
    float[] mask = ones(rows * width);
    for (int row = 0; row < rows; row++) {
      dropout.apply(pass.place(firsts, row), mask, row * width, width);
    }
    return x.mul(floats(mask, rows, width));
  }

  private static float[] ones(int count) {
    float[] ones = new float[count];
    Arrays.fill(ones, 1);
    return ones;
  }

  private Tensor normalised(Tensor x, String name) {
    TensorOptional gain = new TensorOptional(weight(name + ".weight"));
    TensorOptional bias = new TensorOptional(weight(name + ".bias"));
    return torch.layer_norm(x, new long[] {x.size(1)}, gain, bias, config.layerNormEps(), true);
  }

  private Tensor linear(Tensor x, String name) {
    watcher.enters(List.of(name), x);
    return product(x, name);
  }

  private Tensor product(Tensor x, String name) {
    String matrix = name + ".weight";
    Tensor bias = weight(name + ".bias");
    Tensor y =
        halfOf(name)
            .map(half -> torch.linear(halved(x), half).to(ScalarType.Float).add(bias))
            .orElseGet(() -> torch.linear(x, weight(matrix), bias));
    return kept(matrix).map(delta -> y.add(product(x, delta))).orElse(y);
  }

  /** The matrix of a layer in bfloat16; empty too where another is in its place. */
  private Optional<Tensor> halfOf(String name) {
    return isReplaced(name + ".weight") ? Optional.empty() : weights.half(name);
  }

  /** A parameter, or what the delta beside the weights has in its place. */
  private Tensor weight(String name) {
    Tensor weight = weights.get(name);
    if (!isReplaced(name)) {
      return weight;
    }
    Slot slot = slots.get(name);
    return weights.placed(TorchOps.shared(beside.value(slot), slot.size()).view_as(weight));
  }

  private boolean isReplaced(String name) {
    Slot slot = slots.get(name);
    return beside.value(slot) != slot.value();
  }

  /** What is beside a matrix: {@link TorchEncoder} takes no other deltas. */
  private Optional<KeptColumns> kept(String name) {
    return beside.kept(slots.get(name)).map(KeptColumns.class::cast);
  }

  private Tensor product(Tensor x, KeptColumns delta) {
    delta.multiplied(Math.toIntExact(x.size(0)));
    return torch.linear(x.index_select(1, columns(delta)), matrix(delta));
  }

  private Tensor columns(KeptColumns delta) {
    return indices(delta.columns());
  }

  private Tensor matrix(KeptColumns delta) {
    int count = delta.columns().length;
    return floats(delta.values(), delta.rows(), count);
  }

  private Tensor indices(int... values) {
    return weights.placed(TorchOps.indices(values));
  }

  private Tensor floats(float[] values, long... shape) {
    return weights.placed(TorchOps.floats(values, shape));
  }
}
