package io.darex.prune.delta;

import io.darex.prune.DType;
import io.darex.prune.KeptTensor;
import io.darex.prune.NameOrder;
import io.darex.prune.PlaceStorage;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.Values;
import io.darex.prune.mask.ColumnPlaces;
import io.darex.prune.mask.Masks;
import io.darex.prune.mask.PerTensorMask;
import io.darex.prune.mask.Rows;
import io.darex.prune.safetensors.SafetensorsLayout;
import io.darex.prune.tensor.ConcatenatedTensor;
import io.darex.prune.tensor.ConvertedTensor;
import io.darex.prune.tensor.Renamed;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * What a file of a sparse delta holds. Places and table are in memory, values are read as they are
 * written.
 *
 * @param tensors those of the file, in any order
 * @param texts its metadata
 */
record DeltaContent(List<Tensor> tensors, SortedMap<String, String> texts) {
  static final String VALUES = "values";
  static final String SIGNS = "signs";
  static final String PLACES = "places";
  static final String TABLE = "table";
  static final String WHOLE = "whole:";
  static final String FILE = "file:";

  /** The content with that in place of digests that are not taken yet. */
  static DeltaContent of(SparseDelta delta, Optional<String> digest, int threads) {
    if (!Masks.KINDS.names().contains(delta.mask().kind())) {
      throw new IllegalArgumentException(
          "expected a mask that readers of the file know, one of "
              + Masks.KINDS.names()
              + ", got "
              + delta.mask().kind());
    }
    List<Tensor> tensors = new Coding(delta, threads).tensors();
    delta.whole().forEach((name, tensor) -> tensors.add(new Renamed(WHOLE + name, tensor)));
    delta
        .provenance()
        .files()
        .forEach(
            (name, file) ->
                file.content().ifPresent(each -> tensors.add(new Renamed(FILE + name, each))));
    return new DeltaContent(tensors, DeltaMetadata.of(delta, digest).texts());
  }

  /** The size of the file. */
  long bytes() {
    return new SafetensorsLayout(tensors, texts).size();
  }

  /** The state of coding what is kept. */
  private record Coding(SparseDelta delta, int threads) {
    List<Tensor> tensors() {
      List<KeptTensor> kept =
          delta.kept().values().stream()
              .sorted(Comparator.comparing(KeptTensor::name, NameOrder.BY_UTF8))
              .toList();
      boolean signs = delta.values() == Values.SIGN;
      boolean coded = delta.mask().places() != PlaceStorage.DRAWN;
      List<Tensor> tensors = new ArrayList<>();
      List<OneMagnitude> magnitudes = new ArrayList<>();
      if (signs) {
        kept.forEach(each -> magnitudes.add(OneMagnitude.of(each)));
        tensors.add(new SignBits(SIGNS, values(magnitudes)));
      } else {
        DType dtype = delta.values().dtype();
        tensors.add(
            values(kept.stream().map(each -> ConvertedTensor.of(each.values(), dtype)).toList()));
      }
      List<RiceCode.Places> places = kept.stream().map(this::places).toList();
      Optional<RiceCode> code =
          coded ? Optional.of(RiceCode.of(places, threads)) : Optional.empty();
      code.ifPresent(each -> tensors.add(each.encode(PLACES)));
      List<DeltaTable.Row> rows = new ArrayList<>();
      for (int i = 0; i < kept.size(); i++) {
        String name = kept.get(i).name();
        rows.add(
            new DeltaTable.Row(
                name,
                kept.get(i).shape(),
                places.get(i).kept(),
                coded ? code.orElseThrow().parameter(i) : 0,
                signs ? magnitudes.get(i).magnitude() : 0,
                delta.scale().q(name),
                delta.mask() instanceof PerTensorMask own ? own.of(name).dropRate() : 0));
      }
      boolean hasRates = delta.mask() instanceof PerTensorMask;
      DeltaTable table = new DeltaTable(rows, delta.scale().fallback(), hasRates);
      tensors.add(table.encode(TABLE, new DeltaTable.Parts(coded, signs)));
      return tensors;
    }

    private Tensor values(List<? extends Tensor> ofTensors) {
      return new ConcatenatedTensor(VALUES, delta.values().dtype(), ofTensors);
    }

    /** The kept entries, or columns, of a tensor. */
    private RiceCode.Places places(KeptTensor kept) {
      if (delta.mask().places() != PlaceStorage.COLUMNS) {
        return new RiceCode.Places(kept.places(), Tensor.count(kept.shape()), kept.kept());
      }
      ColumnPlaces columns = ColumnPlaces.ofFirstRow(kept.shape(), kept.places());
      if (columns.kept() != kept.kept()) {
        throw new IllegalArgumentException(
            kept.name()
                + ": expected whole columns, "
                + columns.kept()
                + " entries by the first row, got "
                + kept.kept());
      }
      // Columns of one row are its elements.
      long length = Rows.of(kept.shape()).length();
      ColumnPlaces row = new ColumnPlaces(new long[] {length}, columns.columns());
      return new RiceCode.Places(row, length, row.kept());
    }
  }
}
