package audit

import "reflect"

// Snapshot returns a copy of x that shares nothing with it that could change
// in place, to keep as the before of an [Updated]: pointers, maps and lists
// are followed. Unexported fields, and values that say themselves how they are
// recorded (times, decimals), are copied as Go assigns them.
func Snapshot[T any](x T) T {
	out := reflect.New(reflect.TypeFor[T]()).Elem()
	copyDeep(out, reflect.ValueOf(&x).Elem(), map[visit]reflect.Value{})
	return out.Interface().(T)
}

// copyDeep sets dst, which is settable, to a copy of src. What was copied
// before is used again, so that cycles end.
func copyDeep(dst, src reflect.Value, done map[visit]reflect.Value) {
	switch src.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice:
		if src.IsNil() {
			dst.SetZero()
			return
		}
		at := visit{src.Pointer(), src.Type()}
		if copied, ok := done[at]; ok && src.Kind() != reflect.Slice {
			dst.Set(copied)
			return
		}
		copyReference(dst, src, at, done)
	case reflect.Interface:
		if src.IsNil() {
			dst.SetZero()
			return
		}
		inner := reflect.New(src.Elem().Type()).Elem()
		copyDeep(inner, src.Elem(), done)
		dst.Set(inner)
	case reflect.Struct:
		dst.Set(src)
		if isColumn(src.Type()) {
			return
		}
		for i := range src.NumField() {
			if src.Type().Field(i).IsExported() {
				copyDeep(dst.Field(i), src.Field(i), done)
			}
		}
	case reflect.Array:
		for i := range src.Len() {
			copyDeep(dst.Index(i), src.Index(i), done)
		}
	default:
		dst.Set(src)
	}
}

func copyReference(dst, src reflect.Value, at visit, done map[visit]reflect.Value) {
	switch src.Kind() {
	case reflect.Pointer:
		if isColumn(src.Type()) && src.Type() != reflect.PointerTo(timeType) {
			dst.Set(src) // a *big.Int or the like: only its own methods know how to copy it
			return
		}
		made := reflect.New(src.Type().Elem())
		done[at] = made.Convert(src.Type())
		copyDeep(made.Elem(), src.Elem(), done)
		dst.Set(made.Convert(src.Type()))
	case reflect.Map:
		made := reflect.MakeMapWithSize(src.Type(), src.Len())
		done[at] = made
		for iter := src.MapRange(); iter.Next(); {
			value := reflect.New(src.Type().Elem()).Elem()
			copyDeep(value, iter.Value(), done)
			made.SetMapIndex(iter.Key(), value)
		}
		dst.Set(made)
	default:
		made := reflect.MakeSlice(src.Type(), src.Len(), src.Len())
		for i := range src.Len() {
			copyDeep(made.Index(i), src.Index(i), done)
		}
		dst.Set(made)
	}
}

// sharedRemedy is what to do where the before was overwritten.
const sharedRemedy = "load the before apart, or keep it with audit.Snapshot before changing the record"

// checkShared refuses an update whose sides share a pointer, map or list: what
// was changed in place is changed on both sides, and the change would be lost
// in silence. Pointers to plain values (*string) and bytes are let pass, since
// those are replaced, not changed in place.
func checkShared(before, after reflect.Value) error {
	if !before.IsValid() || !after.IsValid() {
		return nil
	}
	for before.Kind() == reflect.Interface && !before.IsNil() && !after.IsNil() {
		before, after = before.Elem(), after.Elem()
	}
	if before.Kind() != after.Kind() {
		return nil // said elsewhere
	}
	switch before.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice:
		if !before.IsNil() && before.Pointer() == after.Pointer() && (before.Kind() != reflect.Slice || before.Len() > 0 && after.Len() > 0) {
			return invalidEvent("before", "", "one and the same "+before.Kind().String()+" as after, so it was overwritten", sharedRemedy)
		}
	}
	if path, shared := findShared(before, after, "", 0); shared {
		return invalidEvent(path, "", "before and after share it, so a change within it would be lost", sharedRemedy)
	}
	return nil
}

// maxSharedDepth is how deep findShared looks.
const maxSharedDepth = 8

// findShared returns the path of the first thing that both sides share and
// that can change in place.
func findShared(a, b reflect.Value, path string, depth int) (string, bool) {
	if depth > maxSharedDepth || !a.IsValid() || !b.IsValid() || a.Type() != b.Type() {
		return "", false
	}
	switch a.Kind() {
	case reflect.Interface:
		if a.IsNil() || b.IsNil() {
			return "", false
		}
		return findShared(a.Elem(), b.Elem(), path, depth+1)
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() || isColumn(a.Type()) || depth > 0 && isAssociation(a.Type()) {
			return "", false
		}
		if a.Pointer() == b.Pointer() {
			return path, a.Type().Elem().Kind() == reflect.Struct
		}
		return findShared(a.Elem(), b.Elem(), path, depth+1)
	case reflect.Slice:
		if a.Type().Elem().Kind() == reflect.Uint8 || isAssociation(a.Type()) || isColumn(a.Type()) {
			return "", false
		}
		return path, a.Len() > 0 && b.Len() > 0 && a.Pointer() == b.Pointer()
	case reflect.Map:
		return findSharedInMap(a, b, path, depth)
	case reflect.Struct:
		return findSharedInStruct(a, b, path, depth)
	}
	return "", false
}

func findSharedInMap(a, b reflect.Value, path string, depth int) (string, bool) {
	if a.Len() == 0 || b.Len() == 0 || depth > 0 && isAssociation(a.Type()) {
		return "", false
	}
	if a.Pointer() == b.Pointer() {
		return path, true
	}
	if k := a.Type().Elem().Kind(); k != reflect.Interface && k != reflect.Map && k != reflect.Slice && k != reflect.Pointer && k != reflect.Struct {
		return "", false
	}
	for iter := a.MapRange(); iter.Next(); {
		name := "[]"
		if key := iter.Key(); key.Kind() == reflect.String {
			name = key.String()
		}
		if found, shared := findShared(iter.Value(), b.MapIndex(iter.Key()), joinPath(path, name), depth+1); shared {
			return found, true
		}
	}
	return "", false
}

func findSharedInStruct(a, b reflect.Value, path string, depth int) (string, bool) {
	if isColumn(a.Type()) {
		return "", false
	}
	for i := range a.NumField() {
		sf := a.Type().Field(i)
		tag, err := parseTag(sf.Tag)
		if !sf.IsExported() || err != nil || tag.skip || !tag.column && !sf.Anonymous && isAssociation(sf.Type) {
			continue
		}
		name := tag.name
		if name == "" {
			name = snakeCase(sf.Name)
		}
		if found, shared := findShared(a.Field(i), b.Field(i), joinPath(path, name), depth+1); shared {
			return found, true
		}
	}
	return "", false
}
