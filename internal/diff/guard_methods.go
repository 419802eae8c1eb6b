package diff

import "reflect"

// writingMethods looks at the methods that only a pointer to t has. mutable
// reports whether one of them may write, other than by decoding. decodes reports
// whether there are decoders that trial can call.
func writingMethods(t reflect.Type) (mutable, decodes bool) {
	pointer := reflect.PointerTo(t)
	for _, d := range decoders {
		decodes = decodes || pointer.Implements(d.target)
	}
	decoding, reading := knownMethods(pointer)
	decodingValue, readingValue := knownMethods(t)
	known := reading - readingValue
	if decodes {
		known += decoding - decodingValue // those that trial cannot call count like the others
	}
	return pointer.NumMethod()-t.NumMethod() > known, decodes
}

// knownMethods counts the methods of a type that decode, and those that only
// read. Each name is a constant in its own call: with names in a variable, the
// linker would keep every method of a program.
func knownMethods(t reflect.Type) (decoding, reading int) {
	decode := func(_ reflect.Method, ok bool) {
		if ok {
			decoding++
		}
	}
	decode(t.MethodByName("UnmarshalJSON"))
	decode(t.MethodByName("UnmarshalJSONFrom"))
	decode(t.MethodByName("UnmarshalText"))
	decode(t.MethodByName("UnmarshalBinary"))
	decode(t.MethodByName("UnmarshalXML"))
	decode(t.MethodByName("UnmarshalXMLAttr"))
	decode(t.MethodByName("UnmarshalYAML"))
	decode(t.MethodByName("UnmarshalBSON"))
	decode(t.MethodByName("UnmarshalBSONValue"))
	decode(t.MethodByName("UnmarshalCBOR"))
	decode(t.MethodByName("UnmarshalMsgpack"))
	decode(t.MethodByName("UnmarshalDynamoDBAttributeValue"))
	decode(t.MethodByName("UnmarshalGQL"))
	decode(t.MethodByName("UnmarshalGraphQL"))
	decode(t.MethodByName("UnmarshalParam"))
	decode(t.MethodByName("DecodeMsgpack"))
	decode(t.MethodByName("DecodeSpanner"))
	decode(t.MethodByName("GobDecode"))
	decode(t.MethodByName("Scan"))
	read := func(_ reflect.Method, ok bool) {
		if ok {
			reading++
		}
	}
	read(t.MethodByName("MarshalJSON"))
	read(t.MethodByName("MarshalJSONTo"))
	read(t.MethodByName("MarshalText"))
	read(t.MethodByName("MarshalBinary"))
	read(t.MethodByName("MarshalXML"))
	read(t.MethodByName("MarshalXMLAttr"))
	read(t.MethodByName("MarshalYAML"))
	read(t.MethodByName("MarshalBSON"))
	read(t.MethodByName("MarshalBSONValue"))
	read(t.MethodByName("MarshalCBOR"))
	read(t.MethodByName("MarshalMsgpack"))
	read(t.MethodByName("MarshalDynamoDBAttributeValue"))
	read(t.MethodByName("MarshalGQL"))
	read(t.MethodByName("EncodeMsgpack"))
	read(t.MethodByName("EncodeSpanner"))
	read(t.MethodByName("GobEncode"))
	read(t.MethodByName("Value"))
	read(t.MethodByName("String"))
	read(t.MethodByName("GoString"))
	read(t.MethodByName("Format"))
	read(t.MethodByName("Error"))
	read(t.MethodByName("AppendText"))
	read(t.MethodByName("AppendBinary"))
	read(t.MethodByName("GormDataType"))
	read(t.MethodByName("GormDBDataType"))
	read(t.MethodByName("GormValue"))
	read(t.MethodByName("IsZero"))
	read(t.MethodByName("IsNil"))
	read(t.MethodByName("IsNull"))
	read(t.MethodByName("IsEmpty"))
	read(t.MethodByName("IsValid"))
	read(t.MethodByName("IsSet"))
	read(t.MethodByName("Len"))
	read(t.MethodByName("Equal"))
	read(t.MethodByName("Compare"))
	read(t.MethodByName("Cmp"))
	return decoding, reading
}
